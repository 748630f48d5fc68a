import { pairOf } from "../../src/layers/settings/keyPairs.ts"
import { settingPrefix } from "../../src/services/KrakenAccount.ts"
import { settings } from "../../src/layers/settings/settingDefinitions.ts"

/** The names of all settings, among them those of the Kraken accounts that the documents use as examples. */
export const documentedSettings: ReadonlySet<string> = new Set([
  ...Object.values(settings).map(({ name }) => name),
  ...["desk", "cold"].flatMap((account) => [
    ...Object.values(pairOf(account)).map(({ name }) => name),
    `${settingPrefix(account)}TIER`
  ])
])
