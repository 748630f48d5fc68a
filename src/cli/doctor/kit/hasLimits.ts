import type { Token } from "../../../services/TokenStore.ts"

/** Checks that a mandate limits what a token can do. No token has one yet. */
export const hasLimits = (_token: Token): boolean => false
