import type { Config } from "../../services/Config.ts"
import { defaultAccount } from "../../services/KrakenAccount.ts"

/** Returns the value of the label `account`: the name of a Kraken account, empty for the one without a name. */
export const accountLabel = ({ account }: Pick<typeof Config.Service, "account">): string =>
  account === defaultAccount ? "" : account
