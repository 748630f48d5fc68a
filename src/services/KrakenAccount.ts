import { Schema } from "effect"

/** The name that the settings give to a Kraken account. */
export const KrakenAccountName = Schema.String.pipe(Schema.brand("KrakenAccountName"))
export type KrakenAccountName = typeof KrakenAccountName.Type

/** The account of the API key without a name. */
export const defaultAccount = KrakenAccountName.make("default")

/** Returns the beginning of the names of an account's settings, such as `KRAKEN_DESK_` of `desk`. */
export const settingPrefix = (account: string): string =>
  account === defaultAccount ? "KRAKEN_" : `KRAKEN_${account.toUpperCase().replaceAll("-", "_")}_`
