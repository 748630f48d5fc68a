import { Data, Effect, Layer, Option } from "effect"
import { env, platform } from "node:process"
import { Config } from "../../services/Config.ts"
import { decode } from "./decode.ts"
import { noDotenv, readDotenv, readNamed } from "./dotenvFile.ts"
import type { Needs } from "./needs.ts"
import { normalize, stateFolder, unreadDotenv } from "./sources.ts"

/** Invalid settings. The message lists all of them by name. */
export class SettingsError extends Data.TaggedError("SettingsError")<{
  readonly problems: ReadonlyArray<string>
  /** Problems of the list that name Kraken accounts. */
  readonly ofAccounts?: ReadonlyArray<string>
}> {
  override get message() {
    return textOf(this.problems)
  }

  /** The message for a client, whose model must not learn the names of accounts. */
  get forClients() {
    const { ofAccounts = [], problems } = this
    const others = problems.filter((problem) => !ofAccounts.includes(problem))
    return others.length === problems.length
      ? this.message
      : textOf([...others, "The settings of Kraken accounts are not right. The log of the server says how."])
  }
}

const textOf = (problems: ReadonlyArray<string>): string =>
  ["Invalid settings:", ...problems.map((problem) => `  ${problem}`)].join("\n")

/**
 * Reads the configuration of a command from environment variables and a file: `envFile`, or `.env` in the working
 * directory for commands that read it. The environment wins over the file, and `flags` (settings by name) win over
 * both; `defaults` stand for what none of them sets. Read once.
 */
export const ConfigEnv = (
  needs: Needs,
  envFile: Option.Option<string>,
  flags: ReadonlyMap<string, string> = new Map(),
  defaults: ReadonlyMap<string, string> = new Map()
) =>
  Layer.effect(
    Config,
    Effect.gen(function* () {
      const environment = normalize(env)
      const dotenv = Option.match(envFile, {
        onNone: () => (needs.dotenv ? readDotenv() : noDotenv),
        onSome: readNamed
      })
      const unread = unreadDotenv(dotenv.name)
      const { config, ofAccounts, problems } = decode(
        { defaults, flags, environment, dotenv, unread, stateFolder: stateFolder(environment, platform) },
        needs
      )
      return problems.length > 0 ? yield* new SettingsError({ problems, ofAccounts }) : config
    })
  )
