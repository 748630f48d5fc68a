import { Effect, Layer, Option } from "effect"
import { Config } from "../../../services/Config.ts"
import { load } from "../../process/load.ts"
import { hashOf } from "../nonces/laneFile.ts"
import { PermissionCacheKraken } from "./PermissionCacheKraken.ts"

/** The permissions as this process knows them, or as all servers do that share the key and a database. */
export const PermissionCacheOfState = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { credentials, databaseUrl, mode } = yield* Config
    if (databaseUrl === undefined || mode === "paper" || Option.isNone(credentials)) return PermissionCacheKraken
    const { PermissionCachePostgres } = yield* load(() => import("./PermissionCachePostgres.ts"))
    return PermissionCachePostgres(databaseUrl, hashOf(credentials.value.key))
  })
)
