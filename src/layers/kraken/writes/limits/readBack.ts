import { Effect } from "effect"
import type { KrakenPrecheckFailed } from "../../../../services/KrakenErrors.ts"
import type { ReadError } from "../../../../services/KrakenClient.ts"
import type { Principal } from "../../../../services/Principal.ts"
import type { Record, RecordUnavailable } from "../../../../services/Record.ts"
import type { ProcedureContext } from "../writeProcedure.ts"

export type ReadBack = (
  scope: "own" | "everyone"
) => Effect.Effect<void, ReadError | KrakenPrecheckFailed | RecordUnavailable, Principal>

export const makeReadBack =
  (_context: ProcedureContext, _record: typeof Record.Service): ReadBack =>
  () =>
    Effect.void
