import { Effect, Layer } from "effect"
import { Callers } from "../../../services/Callers.ts"
import { Config } from "../../../services/Config.ts"
import { localOperator } from "../principals.ts"

/** The user who started the process, who is the only caller. */
export const CallersLocal = Layer.effect(
  Callers,
  Effect.map(Config, (config) =>
    Callers.of({
      serves: (id) => id === "local",
      find: (id) =>
        Effect.succeed(id === "local" ? { _tag: "Valid", principal: localOperator(config) } : { _tag: "Unknown" })
    })
  )
)
