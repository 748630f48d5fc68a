import { Effect, Redacted } from "effect"
import { closeSync, existsSync, openSync, writeSync } from "node:fs"
import { dirname } from "node:path"
import { makeFolder } from "../../layers/process/makeFolder.ts"
import { settings } from "../../layers/settings/settingDefinitions.ts"
import { inSettings, type Place } from "./kit/place.ts"
import { SetupRefusal } from "./kit/refusal.ts"

/** The file of settings for a live account, unless another one is named. */
export const usualKeyFile = (place: Place): string => inSettings(place, "mcp-kraken", "live.env")

/** An API key as it is pasted. */
export interface PastedKey {
  readonly key: Redacted.Redacted
  readonly secret: Redacted.Redacted
  /** The address of the exchange that made it, if that is not Kraken's. */
  readonly baseUrl?: string
}

const { baseUrl, key, mode, readOnly, secret } = settings

const linesOf = (pasted: PastedKey | undefined): ReadonlyArray<string> => [
  "# Settings of mcp-kraken for a client that starts it. Only its owner can read this file.",
  ...(pasted === undefined
    ? [`${key.name}=`, `${secret.name}=`]
    : [`${key.name}=${Redacted.value(pasted.key)}`, `${secret.name}=${Redacted.value(pasted.secret)}`]),
  ...(pasted?.baseUrl === undefined ? [] : [`${baseUrl.name}=${pasted.baseUrl}`]),
  `${mode.name}=live`,
  `# Without this line, every tool is offered that the key permits.`,
  `${readOnly.name}=true`
]

/**
 * Makes a file of settings that its owner only can read, for an account that is only read. Without a key, its lines are
 * left to be filled in. Never replaces a file.
 */
export const makeKeyFile = (file: string, pasted?: PastedKey): Effect.Effect<void, SetupRefusal> =>
  Effect.try({
    try: () => {
      makeFolder(dirname(file))
      const opened = openSync(file, "wx", 0o600)
      try {
        writeSync(opened, `${linesOf(pasted).join("\n")}\n`)
      } finally {
        closeSync(opened)
      }
    },
    catch: (error) => new SetupRefusal({ message: `${file} can't be made (${String(Object(error).code)}).` })
  })

export const keyFileExists = (file: string): boolean => existsSync(file)
