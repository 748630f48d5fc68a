import { Option } from "effect"
import type { Config } from "../../services/Config.ts"
import { AccountName, type Caller, type MandateInForce, type Principal } from "../../services/Principal.ts"
import type { Token } from "../../services/TokenStore.ts"

type Mode = (typeof Principal.Service)["mode"]

/** Makes the principal of a valid token on a server in this mode. */
export const bearer = (
  { expiresAt, id, name }: Token,
  mode: Mode,
  mandate: Option.Option<MandateInForce> = Option.none()
): typeof Principal.Service => principal({ _tag: "Token", id, name, expiresAt }, mode, mandate)

/** Makes the principal of the user who started the process. */
export const operator = (
  mode: Mode,
  mandate: Option.Option<MandateInForce> = Option.none()
): typeof Principal.Service => principal({ _tag: "Operator", id: "local" }, mode, mandate)

/**
 * Makes the same under the mandate that the settings give to callers without a token. It does not change while the process
 * runs.
 */
export const localOperator = ({
  localMandate,
  mode
}: Pick<typeof Config.Service, "localMandate" | "mode">): typeof Principal.Service =>
  operator(
    mode,
    Option.map(localMandate, (terms) => ({ subject: "local", revision: 1, terms }))
  )

/**
 * All callers share one Kraken account. On paper, each caller has an account of its own, and a token that takes over the
 * mandate of another one takes over its account.
 */
const principal = (caller: Caller, mode: Mode, mandate: Option.Option<MandateInForce>) => ({
  caller,
  mandate,
  mode,
  account:
    mode === "live"
      ? kraken
      : AccountName.make(Option.match(mandate, { onNone: () => caller.id, onSome: ({ subject }) => subject }))
})

const kraken = AccountName.make("kraken")
