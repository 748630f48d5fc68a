import { Effect } from "effect"
import type { ReadError } from "../../../services/KrakenClient.ts"
import type { KrakenPrecheckFailed } from "../../../services/KrakenErrors.ts"
import type { Principal } from "../../../services/Principal.ts"
import type { RecordUnavailable } from "../../../services/Record.ts"
import type { LimitContext } from "./limitContext.ts"

/** Reads the open orders of the caller, or of all callers, back from Kraken, and records what became of them. */
export type ReadBack = (
  scope: "own" | "everyone"
) => Effect.Effect<void, ReadError | KrakenPrecheckFailed | RecordUnavailable, Principal>

export const makeReadBack =
  (_context: LimitContext): ReadBack =>
  () =>
    Effect.void
