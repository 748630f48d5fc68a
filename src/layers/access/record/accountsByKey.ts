import { Option } from "effect"
import type { Config } from "../../../services/Config.ts"
import { defaultAccount, type KrakenAccountName } from "../../../services/KrakenAccount.ts"
import { recordKeyOf } from "./recordKey.ts"

/** The names of Kraken accounts, by the name under which the record keeps their rows. */
export type AccountsByKey = ReadonlyMap<string, KrakenAccountName>

export const noAccountNames: AccountsByKey = new Map()

/** Lists the names of the accounts that have a key. Empty if no account was given a name. */
export const accountsByKey = ({
  accounts,
  credentials
}: Pick<typeof Config.Service, "accounts" | "credentials">): AccountsByKey =>
  accounts.length === 0
    ? noAccountNames
    : new Map(
        [{ name: defaultAccount, credentials }, ...accounts].flatMap(({ credentials, name }) =>
          Option.isSome(credentials) ? [[recordKeyOf({ credentials, mode: "live" }), name] as const] : []
        )
      )
