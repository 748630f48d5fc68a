import { settingPrefix } from "../../services/KrakenAccount.ts"
import { settings } from "./settingDefinitions.ts"
import type { Setting } from "./settingDefinitions.ts"
import type { Source } from "./sources.ts"

/** The settings of an API key. */
export interface KeyPair {
  readonly key: Setting<string>
  readonly keyFile: Setting<string>
  readonly otp: Setting<string>
  readonly secret: Setting<string>
  readonly secretFile: Setting<string>
}

const { key, keyFile, otp, secret, secretFile } = settings

/** The API key without a name. */
export const unnamedPair: KeyPair = { key, keyFile, otp, secret, secretFile }

/** Makes the settings of the API key of an account, such as `KRAKEN_DESK_API_KEY` of `desk`. */
export const pairOf = (account: string): KeyPair => {
  const named = (setting: Setting<string>): Setting<string> => ({
    ...setting,
    name: setting.name.replace(/^KRAKEN_/, settingPrefix(account))
  })
  return {
    key: named(key),
    keyFile: named(keyFile),
    otp: named(otp),
    secret: named(secret),
    secretFile: named(secretFile)
  }
}

/** Lists the accounts that any of the sources names, whatever else is wrong with them. */
export const accountsIn = (...sources: ReadonlyArray<Source>): ReadonlyArray<string> => {
  const { name, parse } = settings.accounts
  return [...new Set(sources.flatMap((source) => parse(source.get(name) ?? "") ?? []))]
}

/** Lists the API keys that the sources can hold: the one without a name, and those of the accounts that they name. */
export const pairsIn = (...sources: ReadonlyArray<Source>): ReadonlyArray<KeyPair> => [
  unnamedPair,
  ...accountsIn(...sources).map(pairOf)
]
