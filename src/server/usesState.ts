import { Effect, Option } from "effect"
import { Config } from "../services/Config.ts"

/** Tells whether the server keeps something in the state folder: it has an API key or simulated accounts. */
export const usesState = Effect.map(Config, ({ credentials, mode }) => mode === "paper" || Option.isSome(credentials))
