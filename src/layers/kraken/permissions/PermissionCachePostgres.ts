import { Effect, Layer, type Redacted } from "effect"
import { PermissionCache } from "../../../services/PermissionCache.ts"
import { quickPostgres } from "../../storage/SharedPostgres.ts"
import { makePermissionCache } from "./PermissionCacheKraken.ts"
import { makePostgresKeyInfo } from "./sharedKeyInfo.ts"

/** The permissions of a key, named by its hash, which one server reads from Kraken for all that share the database. */
export const PermissionCachePostgres = (url: Redacted.Redacted, key: string) =>
  Layer.scoped(
    PermissionCache,
    Effect.gen(function* () {
      return yield* makePermissionCache(yield* makePostgresKeyInfo(yield* quickPostgres(url), key))
    })
  )
