import { Effect, Option } from "effect"
import { Config } from "../services/Config.ts"

/** Tells whether the server keeps something in the state folder: it has an API key or simulated accounts. */
export const usesState = Effect.map(
  Config,
  ({ accounts, credentials, mode }) => mode === "paper" || accounts.length > 0 || Option.isSome(credentials)
)
