import { DateTime, Effect, Option, type Redacted } from "effect"
import { isActive, opens } from "../../../layers/access/tokenRules.ts"
import { type Look, lookInto } from "../../../layers/storage/lookInto.ts"
import type { Config } from "../../../services/Config.ts"
import type { Token } from "../../../services/TokenStore.ts"
import { canWrite } from "../kit/canWrite.ts"
import { type Check, error, type Finding, info, skipped, warning } from "../kit/finding.ts"
import type { Installation } from "../kit/installation.ts"
import { type TokenLimits, tokenLimits } from "../kit/tokenLimits.ts"
import { hasNoSecret } from "./authority.ts"
import { unusable } from "./unusable.ts"

/** The tokens of the HTTP server. */
export const tokensCheck: Check = {
  name: "tokens",
  run: Effect.fnUntraced(function* (installation: Installation) {
    const { config, stdio } = installation
    if (stdio) return []
    const settings = config("tokenDb", "databaseUrl", "databaseUrlFile", "mode")
    if (Option.isNone(settings)) return skipped("the tokens")
    const { databaseUrl, mode, tokenDb } = settings.value
    const authDisabled = Option.exists(config("authDisabled"), ({ authDisabled }) => authDisabled)
    const found: Found = yield* databaseUrl === undefined
      ? lookInto(tokenDb, (db) => db.prepare("SELECT * FROM tokens ORDER BY created_at, rowid").all())
      : lookIntoDatabase(databaseUrl)
    if (found._tag === "Away") return [error("database.away", found.reason, "docs/several-servers.md lists reasons.")]
    if (found._tag === "Missing") return authDisabled ? [] : [none(mode)]
    if (found._tag !== "Read") return unusable(tokenDb, found)
    const { tokensOf } = yield* Effect.promise(() => import("../../../layers/access/TokenStoreSql.ts"))
    const now = yield* DateTime.now
    const isUnguarded = yield* hasNoSecret(installation)
    const record = config("stateDir", "databaseUrl", "databaseUrlFile")
    return yield* tokensOf(found.value).pipe(
      Effect.flatMap((tokens) =>
        Effect.map(tokenLimits(record, tokens), (limits) =>
          findings(tokens, {
            authDisabled,
            canWrite: canWrite(installation),
            isShared: databaseUrl !== undefined,
            isUnguarded,
            limits,
            mode,
            now
          })
        )
      ),
      Effect.orElseSucceed(() =>
        unusable(tokenDb, { _tag: "Unusable", reason: "its rows are not what this version writes" })
      )
    )
  })
}

type Found = Look<unknown> | { readonly _tag: "Away"; readonly reason: string }

/** Reads the tokens in PostgreSQL, and makes no table. */
const lookIntoDatabase = (url: Redacted.Redacted) =>
  Effect.gen(function* () {
    const { openPostgres } = yield* Effect.promise(() => import("../../../layers/storage/postgres.ts"))
    const { query } = yield* openPostgres(url)
    const { changes } = yield* query(statement("SELECT 1 FROM pg_tables WHERE tablename = 'tokens'"))
    if (changes === 0) return { _tag: "Missing" } as const
    const { rows } = yield* query(statement("SELECT * FROM tokens ORDER BY created_at, number"))
    return { _tag: "Read", value: rows } as const
  }).pipe(
    Effect.scoped,
    Effect.catchAll(({ reason }) => Effect.succeed({ _tag: "Away", reason } as const))
  )

const statement = (text: string) => ({ name: text, text, values: [] })

const none = (mode: "live" | "paper"): Finding =>
  warning(
    "tokens.none",
    `No token opens this server${mode === "paper" ? " in paper mode" : ""}, so no client can connect.`,
    "Make one for each client; the README describes how."
  )

interface Server {
  readonly authDisabled: boolean
  /** True if clients can change something on a real account. */
  readonly canWrite: boolean
  /** True if tokens and limits are in PostgreSQL. */
  readonly isShared: boolean
  /** True if no operator passphrase is set. */
  readonly isUnguarded: boolean
  readonly mode: (typeof Config.Service)["mode"]
  readonly limits: TokenLimits
  readonly now: DateTime.Utc
}

const findings = (
  tokens: ReadonlyArray<Token>,
  { authDisabled, canWrite, isShared, isUnguarded, limits, mode, now }: Server
): ReadonlyArray<Finding> => {
  const active = tokens.filter((token) => isActive(token, now) && opens(token, mode))
  const expired = tokens.filter((token) => Option.isNone(token.revokedAt) && !isActive(token, now))
  const lasting = active.filter(({ expiresAt }) => Option.isNone(expiresAt))
  const unlimited = active.filter((token) => !limits.has(token))
  const refused = active.filter(limits.lacks)
  return [
    ...(active.length === 0 && !authDisabled ? [none(mode)] : []),
    ...(lasting.length > 0
      ? [
          (mode === "live" ? warning : info)(
            "tokens.never-expire",
            `Tokens that never expire: ${listOf(lasting)}.`,
            "Replace them by tokens with a lifetime, and revoke them."
          )
        ]
      : []),
    ...(refused.length > 0
      ? [
          error(
            "tokens.limits-missing",
            `Tokens that are refused, since their limits are not in this ${isShared ? "database" : "state folder"}: ${listOf(refused)}.`,
            isShared
              ? "Put a backup of the database back, or replace the tokens."
              : "Use the state folder in which they were set (MCP_KRAKEN_STATE_DIR), put a backup of it back, or replace the tokens."
          )
        ]
      : []),
    ...(canWrite && unlimited.length > 0
      ? [
          warning(
            "tokens.without-limits",
            `Tokens without limits, whose clients can do all that the API key can: ${listOf(unlimited)}.`,
            "Set limits with token update, give the API key only the permissions that these clients need, or set MCP_KRAKEN_READ_ONLY=true."
          )
        ]
      : []),
    ...(canWrite && isUnguarded && active.some(limits.has)
      ? [
          info(
            "operator.no-passphrase",
            "Tokens have limits, and no operator passphrase is set: whoever can run this program can widen them.",
            "Set one with operator init."
          )
        ]
      : []),
    ...(expired.length > 0 ? [info("tokens.expired", `Tokens that have expired: ${listOf(expired)}.`)] : [])
  ]
}

/** The most tokens that a finding names. */
const most = 10

const listOf = (tokens: ReadonlyArray<Token>): string => {
  const named = tokens.slice(0, most).map(({ id, name }) => `${id} (${name})`)
  return `${named.join(", ")}${tokens.length > most ? ` and ${tokens.length - most} more` : ""}`
}
