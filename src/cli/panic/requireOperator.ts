import type { Effect, Option } from "effect"
import type { Config } from "../../services/Config.ts"
import { ResumeRefusal } from "./resumeRefusal.ts"

/** Requires the operator secret of the state folder, which is set. This version cannot check one, and refuses. */
export const requireOperator = (
  act: string,
  _descriptor: Option.Option<number>
): Effect.Effect<void, ResumeRefusal, Config> =>
  new ResumeRefusal({
    message: `${act} needs the operator secret, which this version cannot check. Trading stays frozen.`
  })
