import { Option } from "effect"
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

/** All callers share one Kraken account. On paper, each caller has an account of its own. */
const principal = (caller: Caller, mode: Mode, mandate: Option.Option<MandateInForce>) => ({
  caller,
  mandate,
  mode,
  account: mode === "live" ? kraken : AccountName.make(caller.id)
})

const kraken = AccountName.make("kraken")
