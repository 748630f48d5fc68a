import { DateTime, Option } from "effect"
import type { Config } from "../../services/Config.ts"
import type { Token } from "../../services/TokenStore.ts"

/** Checks that a token is neither revoked nor expired. */
export const isActive = ({ expiresAt, revokedAt }: Token, now: DateTime.Utc): boolean =>
  Option.isNone(revokedAt) && !Option.exists(expiresAt, (at) => DateTime.greaterThanOrEqualTo(now, at))

/** Checks that a server in this mode accepts the token. */
export const opens = ({ paperOnly }: Token, mode: (typeof Config.Service)["mode"]): boolean =>
  mode === "paper" || !paperOnly
