import { AccountName, type Caller, type Principal } from "../../services/Principal.ts"
import type { Token } from "../../services/TokenStore.ts"

type Mode = (typeof Principal.Service)["mode"]

/** Makes the principal of a token that was found good on a server of this mode. */
export const bearer = ({ expiresAt, id, name }: Token, mode: Mode): typeof Principal.Service =>
  principal({ _tag: "Token", id, name, expiresAt }, mode)

/** Makes the principal of whoever started the process. */
export const operator = (mode: Mode): typeof Principal.Service => principal({ _tag: "Operator", id: "local" }, mode)

/** There is one Kraken account for all callers; on paper, each caller has one of their own. */
const principal = (caller: Caller, mode: Mode) => ({
  caller,
  mode,
  account: mode === "live" ? kraken : AccountName.make(caller.id)
})

const kraken = AccountName.make("kraken")
