import { endpoints, type PrivateEndpoint } from "../../domain/endpoints/endpoints.ts"
import { allows, type AnyOf } from "../../domain/keys/permissions.ts"

/**
 * Returns the alternative sets of permissions, one of which a key needs in full. Any key can cancel a transfer between
 * wallets; for real withdrawals the endpoint checks again.
 */
const needed = (endpoint: PrivateEndpoint): AnyOf =>
  endpoint === "private/WithdrawCancel" ? [[]] : endpoints[endpoint].permissions

export const mayCall = (endpoint: PrivateEndpoint, permissions: ReadonlyArray<string>): boolean =>
  allows(new Set(permissions), needed(endpoint))
