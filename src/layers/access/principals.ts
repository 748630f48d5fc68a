import { Option } from "effect"
import type { Config } from "../../services/Config.ts"
import { defaultAccount, type KrakenAccountName } from "../../services/KrakenAccount.ts"
import { AccountName, type Caller, type MandateInForce, type Principal } from "../../services/Principal.ts"
import type { Token } from "../../services/TokenStore.ts"

type Mode = (typeof Principal.Service)["mode"]

/** Makes the principal of a valid token on a server in this mode. */
export const bearer = (
  { account, expiresAt, id, name }: Token,
  mode: Mode,
  mandate: Option.Option<MandateInForce> = Option.none()
): typeof Principal.Service => principal({ _tag: "Token", id, name, expiresAt }, account, mode, mandate)

/** Makes the principal of the user who started the process. */
export const operator = (
  mode: Mode,
  mandate: Option.Option<MandateInForce> = Option.none(),
  account: KrakenAccountName = defaultAccount
): typeof Principal.Service => principal({ _tag: "Operator", id: "local" }, account, mode, mandate)

/**
 * Makes the same on the account and under the mandate that the settings give to callers without a token. They do not change
 * while the process runs.
 */
export const localOperator = ({
  account,
  localMandate,
  mode
}: Pick<typeof Config.Service, "account" | "localMandate" | "mode">): typeof Principal.Service =>
  operator(
    mode,
    Option.map(localMandate, (terms) => ({ subject: "local", revision: 1, terms })),
    account
  )

/**
 * All callers of a Kraken account share it. On paper, each caller has an account of its own, and a token that takes over the
 * mandate of another one takes over its account.
 */
const principal = (
  caller: Caller,
  krakenAccount: KrakenAccountName,
  mode: Mode,
  mandate: Option.Option<MandateInForce>
) => ({
  caller,
  mandate,
  mode,
  krakenAccount,
  account: mode === "live" ? kraken : paperAccount(caller, krakenAccount, mandate)
})

const kraken = AccountName("kraken")

/**
 * Puts the Kraken account before a name of the local user, who can use several, such as `desk/local`. Names of tokens stay
 * as they are, since a token opens one account, and so do those in the default account.
 */
export const nameInAccount = (
  { caller, krakenAccount }: Pick<typeof Principal.Service, "caller" | "krakenAccount">,
  name: string
): string => (caller._tag === "Operator" && krakenAccount !== defaultAccount ? `${krakenAccount}/${name}` : name)

/** Names the simulated account of a caller. */
const paperAccount = (
  caller: Caller,
  krakenAccount: KrakenAccountName,
  mandate: Option.Option<MandateInForce>
): AccountName => {
  const name = Option.match(mandate, { onNone: () => caller.id, onSome: ({ subject }) => subject })
  return AccountName(nameInAccount({ caller, krakenAccount }, name))
}
