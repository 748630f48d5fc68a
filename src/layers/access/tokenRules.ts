import { DateTime, Option } from "effect"
import type { Config } from "../../services/Config.ts"
import type { Token } from "../../services/TokenStore.ts"

/** Tells whether a token is neither revoked nor expired. */
export const isActive = ({ expiresAt, revokedAt }: Token, now: DateTime.Utc): boolean =>
  Option.isNone(revokedAt) && !Option.exists(expiresAt, (at) => DateTime.greaterThanOrEqualTo(now, at))

/** Tells whether a server in this mode takes the token. */
export const opens = ({ paperOnly }: Token, mode: (typeof Config.Service)["mode"]): boolean =>
  mode === "paper" || !paperOnly
