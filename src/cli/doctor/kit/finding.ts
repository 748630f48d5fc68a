import type { Effect } from "effect"
import type { Installation } from "./installation.ts"

/** The names of all findings. A name never changes its meaning, since scripts look for it. */
export type FindingId =
  | "settings.invalid"
  | "settings.unknown"
  | "settings.notice"
  | "settings.env-unread"
  | "settings.stdio"
  | "node.old"
  | "file.secret-exposed"
  | "file.database-exposed"
  | "folder.exposed"
  | "folder.not-writable"
  | "folder.not-a-folder"
  | "disk.full"
  | "disk.nearly-full"
  | "kraken.unreachable"
  | "kraken.address"
  | "kraken.status"
  | "clock.wrong"
  | "key.none"
  | "key.invalid"
  | "key.refused"
  | "key.not-checked"
  | "key.withdrawal"
  | "key.no-address-list"
  | "key.no-expiry"
  | "key.expired"
  | "key.expires-soon"
  | "key.nonce-window"
  | "key.no-nonce-window"
  | "key.query-missing"
  | "record.none"
  | "record.locked"
  | "record.unreadable"
  | "record.newer"
  | "record.older"
  | "record.foreign"
  | "record.damaged"
  | "record.altered"
  | "record.clock-back"
  | "record.not-verified"
  | "record.unknown-outcomes"
  | "record.abandoned"
  | "stop.frozen"
  | "stop.half"
  | "database.locked"
  | "database.unreadable"
  | "database.away"
  | "database.damaged"
  | "tokens.none"
  | "tokens.never-expire"
  | "tokens.limits-missing"
  | "tokens.without-limits"
  | "tokens.expired"
  | "limits.none"
  | "operator.no-passphrase"
  | "operator.no-page"
  | "operator.page-closed"
  | "notify.none"
  | "network.open"
  | "network.auth-disabled"
  | "tls.unreadable"
  | "tls.invalid"
  | "tls.mismatch"
  | "tls.expired"
  | "tls.expires-soon"
  | "tls.not-yet-valid"
  | "server.none"
  | "server.unreachable"
  | "server.port-taken"
  | "server.other-path"
  | "server.no-authentication"
  | "server.versions"
  | "server.other-version"
  | "check.skipped"
  | "check.failed"

/** The weight of a finding: something does not work or is not safe; it is weak; it is only good to know. */
export type Severity = "error" | "warning" | "info"

/** One thing that an operator should know. */
export interface Finding {
  readonly id: FindingId
  readonly severity: Severity
  /** A sentence that says what is wrong. It holds no secret. */
  readonly problem: string
  /** A sentence that says what to do about it; absent where nothing has to be done. */
  readonly remedy?: string
  /** The Kraken account that it is about, if accounts have names. */
  readonly account?: string
}

/** A check of an installation, or a group of them. */
export interface Check {
  readonly name: string
  readonly run: (installation: Installation) => Effect.Effect<ReadonlyArray<Finding>>
}

const finding =
  (severity: Severity) =>
  (id: FindingId, problem: string, remedy?: string): Finding => ({
    id,
    severity,
    problem,
    ...(remedy !== undefined && { remedy })
  })

export const error = finding("error")
export const warning = finding("warning")
export const info = finding("info")

/** The finding of a check that cannot be made, since the settings that it needs are invalid. */
export const skipped = (what: string): ReadonlyArray<Finding> => [
  info("check.skipped", `Not checked: ${what}, since the settings for it are invalid.`)
]
