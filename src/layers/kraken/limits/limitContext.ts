import type { Effect } from "effect"
import type { Directory } from "../../../domain/assets/model.ts"
import type { Approvals } from "../../../services/Approvals.ts"
import type { KrakenClient } from "../../../services/KrakenClient.ts"
import type { PermissionCache } from "../../../services/PermissionCache.ts"
import type { Principal } from "../../../services/Principal.ts"
import type { Record } from "../../../services/Record.ts"

/** The services by which writes are judged under limits. */
export interface LimitContext {
  readonly kraken: typeof KrakenClient.Service
  readonly keys: typeof PermissionCache.Service
  readonly approvals: typeof Approvals.Service
  readonly record: typeof Record.Service
  readonly directory: Effect.Effect<Directory, never, Principal>
}
