import { Effect, Option } from "effect"
import { Config } from "../services/Config.ts"

/** Logs that callers without a token have no limits. On paper, and without a way to write, there is nothing to lose. */
export const logUnlimitedCaller = Effect.gen(function* () {
  const { credentials, localMandate, mode, readOnly, serverLimits } = yield* Config
  if (mode === "paper" || readOnly || Option.isNone(credentials)) return
  if (Option.isSome(localMandate) || Option.isSome(serverLimits)) return
  yield* Effect.logWarning(
    "Callers without a token have no limits: they can do everything that the API key can. MCP_KRAKEN_BUDGET=500USD sets limits, for example."
  )
})
