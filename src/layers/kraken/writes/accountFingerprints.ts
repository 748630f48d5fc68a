import { Effect } from "effect"
import { Principal } from "../../../services/Principal.ts"

/** Prefixes fingerprints with the account of the call: equal writes to two accounts are not ambiguous. */
export const withAccount = (fingerprints: ReadonlyArray<string>) =>
  Effect.map(Principal, ({ account }) => fingerprints.map((fingerprint) => `${account} ${fingerprint}`))
