import { Brand } from "effect"

/** The name that the settings give to a Kraken account. */
export type KrakenAccountName = string & Brand.Brand<"KrakenAccountName">
export const KrakenAccountName = Brand.nominal<KrakenAccountName>()

/** The account of the API key without a name. */
export const defaultAccount = KrakenAccountName("default")

/** Returns the beginning of the names of an account's settings, such as `KRAKEN_DESK_` of `desk`. */
export const settingPrefix = (account: string): string =>
  account === defaultAccount ? "KRAKEN_" : `KRAKEN_${account.toUpperCase().replaceAll("-", "_")}_`
