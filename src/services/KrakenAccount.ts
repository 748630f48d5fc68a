import { Schema } from "effect"

/** The name that the settings give to a Kraken account. */
export const KrakenAccountName = Schema.String.pipe(Schema.brand("KrakenAccountName"))
export type KrakenAccountName = typeof KrakenAccountName.Type

/** The account of the API key without a name. */
export const defaultAccount = KrakenAccountName.make("default")
