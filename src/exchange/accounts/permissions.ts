import { endpoints, type PrivateEndpoint } from "../../domain/endpoints/endpoints.ts"
import { allows, type AnyOf } from "../../domain/keys/permissions.ts"

/**
 * What a key must be allowed: all of one of the sets. A transfer between wallets can be called back by any key; for real
 * withdrawals the endpoint checks again.
 */
const needed = (endpoint: PrivateEndpoint): AnyOf =>
  endpoint === "private/WithdrawCancel" ? [[]] : endpoints[endpoint].permissions

export const mayCall = (endpoint: PrivateEndpoint, permissions: ReadonlyArray<string>): boolean =>
  allows(new Set(permissions), needed(endpoint))
