import { Effect, Either } from "effect"
import { type Authority, authorityOf, unusableAuthority } from "../../layers/access/record/authority.ts"
import type { EmergencySettings } from "../../layers/settings/emergency.ts"
import * as Needs from "../../layers/settings/needs.ts"

/**
 * Finds the record of an emergency. An address of a database that is not understood makes it unusable: the file of a state
 * folder is not the record that the servers use.
 */
export const emergencyAuthority = ({ config, stateDir }: EmergencySettings): Effect.Effect<Authority> =>
  Either.match(config(Needs.database), {
    onLeft: ({ message }) => Effect.succeed(unusableAuthority(message)),
    onRight: ({ databaseUrl }) => authorityOf({ databaseUrl, stateDir })
  })
