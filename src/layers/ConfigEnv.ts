import { Effect, Layer, Schema } from "effect"
import { env, platform } from "node:process"
import { Config } from "../services/Config.ts"
import { decode } from "./settings/decode.ts"
import { normalize, readDotenv, stateFolder } from "./settings/sources.ts"

/** Settings are wrong: everything that is, by name. */
export class SettingsError extends Schema.TaggedError<SettingsError>()("SettingsError", {
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return ["The settings are wrong:", ...this.problems.map((problem) => `  ${problem}`)].join("\n")
  }
}

/**
 * The configuration from environment variables and from `.env` in the working directory; the environment wins, and
 * `flags` (settings by their names) win over both. Read once.
 */
export const ConfigEnv = (flags: ReadonlyMap<string, string> = new Map()) =>
  Layer.effect(
    Config,
    Effect.gen(function* () {
      const environment = normalize(env)
      const { config, problems } = decode({
        flags,
        environment,
        dotenv: readDotenv(),
        stateFolder: stateFolder(environment, platform)
      })
      return problems.length > 0 ? yield* new SettingsError({ problems }) : config
    })
  )
