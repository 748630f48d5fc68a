import { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { DateTime, Duration, Effect, Layer, Option, Redacted, Schema } from "effect"
import { hash as digest, randomBytes, timingSafeEqual } from "node:crypto"
import { Config } from "../../services/Config.ts"
import {
  type NewToken,
  type Token,
  TokenForPaper,
  TokenId,
  TokenNotFound,
  TokenStore,
  TokenStoreError
} from "../../services/TokenStore.ts"
import { defaultAccount } from "../../services/KrakenAccount.ts"
import { makeBoundedMap } from "../caching/boundedMap.ts"
import { failureOf, PostgresSql } from "../storage/dialects.ts"
import { migrate, type Migration } from "../storage/migrate.ts"
import { Database } from "../storage/openDatabase.ts"
import { makeLastUse } from "./lastUse.ts"
import { acceptedForms, accountMark, accountOf, boundTo, readStored, store } from "./marks.ts"
import { createOperatorSecrets } from "./secretFingerprints.ts"
import { isActive, opens } from "./tokenRules.ts"
import { fromIso, toIso } from "./time.ts"

/**
 * The time for which a token stays valid without a query, in milliseconds. A revocation by another process
 * takes effect after it.
 */
const validFor = Duration.toMillis("1 second")

/**
 * The time after its last check for which a token stays valid while a database on the network does not answer, in
 * milliseconds. A file on this machine fails at once: whoever can read it can repair it.
 */
const validWhileAway = Duration.toMillis("5 minutes")

/** The most valid tokens in memory. */
const capacity = 1000

/** A valid token, with the time of its last check and the time until which it needs no other one, in Unix milliseconds. */
interface Checked {
  readonly hash: string
  readonly token: Token
  readonly checkedAt: number
  readonly until: number
}

const Row = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  token_hash: Schema.String,
  created_at: Schema.String,
  expires_at: Schema.NullOr(Schema.String),
  revoked_at: Schema.NullOr(Schema.String),
  last_used_at: Schema.NullOr(Schema.String)
})

const migrations: ReadonlyArray<Migration> = [
  [
    "create_tokens",
    Effect.flatMap(SqlClient, (sql) =>
      Effect.zipRight(
        sql`CREATE TABLE IF NOT EXISTS tokens (
          id TEXT PRIMARY KEY,
          name TEXT NOT NULL,
          token_hash TEXT NOT NULL UNIQUE,
          created_at TEXT NOT NULL,
          expires_at TEXT,
          revoked_at TEXT,
          last_used_at TEXT${sql.onDialectOrElse({
            // In SQLite, it is the rowid.
            pg: () => sql.literal(", number BIGINT GENERATED ALWAYS AS IDENTITY"),
            orElse: () => sql.literal("")
          })}
        )`,
        sql`CREATE INDEX IF NOT EXISTS idx_tokens_hash ON tokens (token_hash)`
      )
    )
  ],
  ["create_operator_secrets", createOperatorSecrets]
]

/** The version of the tables. */
export const tokenLayout = migrations.length

/**
 * Tokens in a database. In SQLite, they are in the table of the Python mcp-kraken, which ignores the table of migrations
 * beside it: a `tokens.db` of either opens in the other. Several processes can use the database at once.
 */
export const TokenStoreSql = Layer.scoped(
  TokenStore,
  Effect.gen(function* () {
    const config = yield* Config
    const sql = yield* SqlClient
    const explain = failureOf(sql, (why) => `The token database ${config.tokenDb} can't be used: ${why}.`)
    const failed = (cause: unknown) => new TokenStoreError({ reason: explain(cause), cause })
    const [order, staleFor] = sql.onDialectOrElse({
      pg: () => [sql`number`, validWhileAway],
      orElse: () => [sql`rowid`, 0]
    })
    yield* Effect.mapError(migrate(migrations, "tokens"), failed)
    const lastUse = yield* makeLastUse
    // Not a cached value for each token: unknown tokens would take the places of valid ones.
    const valid = makeBoundedMap<string, Checked>(capacity)

    const select = (condition: Fragment) =>
      sql`SELECT id, name, token_hash, created_at, expires_at, revoked_at, last_used_at FROM tokens WHERE ${condition}
        ORDER BY created_at DESC, ${order} DESC`.pipe(Effect.flatMap(decodeRows), Effect.mapError(failed))

    const byHash = Effect.fnUntraced(function* (hash: string) {
      const [row] = yield* select(
        sql`token_hash IN ${sql.in(
          acceptedForms(
            hash,
            config.accounts.map(({ name }) => name)
          )
        )}`
      )
      if (row === undefined) return Option.none()
      const token = toToken(row)
      const isSame = sameHash(readStored(row.token_hash).hash, boundTo(hash, token.account))
      return isSame ? Option.some(token) : Option.none()
    })

    const byId = Effect.fnUntraced(function* (id: string) {
      const [row] = yield* select(sql`id = ${id}`)
      return row ?? (yield* new TokenNotFound({ id }))
    })

    /** Finds a token in the database, or for some minutes in memory while the database does not answer. */
    const check = (hash: string, known: Checked | undefined, now: number) =>
      Effect.matchEffect(byHash(hash), {
        onFailure: (error) => {
          if (known === undefined || Math.abs(now - known.checkedAt) >= staleFor) return error
          valid.set(idOf(hash), { ...known, until: now + validFor })
          return Effect.as(
            Effect.logWarning("Tokens that were checked within the last minutes are accepted without a check", {
              reason: error.reason
            }),
            Option.some(known.token)
          )
        },
        onSuccess: (found) => {
          if (Option.isSome(found))
            valid.set(idOf(hash), { hash, token: found.value, checkedAt: now, until: now + validFor })
          return Effect.succeed(found)
        }
      })

    const insert = Effect.fnUntraced(function* ({
      expiresAt,
      marks,
      name
    }: Pick<Token, "expiresAt" | "marks" | "name">): Effect.fn.Return<NewToken, TokenStoreError> {
      const plain = `mck_${randomBytes(32).toString("base64url")}`
      const hash = sha256(plain)
      const now = yield* DateTime.now
      const account = accountOf(marks)
      const token: Token = {
        id: idOf(hash),
        name,
        paperOnly: marks.includes("paper"),
        account,
        marks,
        createdAt: now,
        expiresAt,
        revokedAt: Option.none(),
        lastUsedAt: Option.none()
      }
      const expires = Option.getOrNull(Option.map(expiresAt, toIso))
      yield* sql`INSERT INTO tokens (id, name, token_hash, created_at, expires_at)
        VALUES (${token.id}, ${name}, ${store(boundTo(hash, account), marks)}, ${toIso(now)}, ${expires})`.pipe(
        Effect.mapError(failed)
      )
      return { token, secret: Redacted.make(plain) }
    })

    return TokenStore.of({
      create: Effect.fn("TokenStore.create")(function* ({ account, expiresIn, hasMandate = false, name, paperOnly }) {
        const now = yield* DateTime.now
        return yield* insert({
          name,
          marks: [
            ...(account === undefined || account === defaultAccount ? [] : [accountMark(account)]),
            ...(hasMandate ? ["mandate"] : []),
            ...(paperOnly ? ["paper"] : [])
          ],
          expiresAt: Option.map(expiresIn, (duration) => DateTime.addDuration(now, duration))
        })
      }),

      find: (id) => Effect.map(byId(id), toToken),

      replace: Effect.fn("TokenStore.replace")(function* (id) {
        return yield* insert(toToken(yield* byId(id)))
      }),

      markMandate: Effect.fn("TokenStore.markMandate")(function* (id, hasMandate) {
        const { hash, marks } = readStored((yield* byId(id)).token_hash)
        const others = marks.filter((mark) => mark !== "mandate")
        const marked = store(hash, hasMandate ? [...others, "mandate"] : others)
        yield* sql`UPDATE tokens SET token_hash = ${marked} WHERE id = ${id}`.pipe(Effect.mapError(failed))
        valid.delete(id)
        return toToken(yield* byId(id))
      }),

      list: Effect.map(select(sql`1 = 1`), (rows) => rows.map(toToken)),

      revoke: Effect.fn("TokenStore.revoke")(function* (id) {
        const now = toIso(yield* DateTime.now)
        const changed = yield* sql`UPDATE tokens SET revoked_at = ${now} WHERE id = ${id} AND revoked_at IS NULL
          RETURNING id`.pipe(Effect.mapError(failed))
        const row = yield* byId(id)
        valid.delete(id)
        return { token: toToken(row), wasRevoked: changed.length === 0 }
      }),

      verify: (secret) =>
        Effect.flatMap(DateTime.now, (now) => {
          const hash = sha256(Redacted.value(secret))
          const id = idOf(hash)
          const checked = valid.get(id)
          const known = checked !== undefined && sameHash(checked.hash, hash) ? checked : undefined
          const isFresh = known !== undefined && known.until > now.epochMillis
          const accept = (found: Option.Option<Token>): Effect.Effect<Option.Option<Token>, TokenForPaper> => {
            if (Option.isNone(found) || !isActive(found.value, now)) {
              valid.delete(id)
              return Effect.succeedNone
            }
            if (!opens(found.value, config.mode)) return new TokenForPaper({ id: found.value.id })
            return Effect.as(lastUse.note(found.value.id, now), found)
          }
          return isFresh
            ? accept(Option.some(known.token))
            : Effect.flatMap(check(hash, known, now.epochMillis), accept)
        })
    })
  })
)

/** The database of the tokens that the settings name. */
export const TokenDatabase = Layer.unwrapEffect(
  Effect.map(Config, ({ databaseUrl, tokenDb }) =>
    databaseUrl === undefined ? Database(tokenDb) : PostgresSql(databaseUrl)
  )
).pipe(Layer.mapError((cause) => new TokenStoreError({ reason: cause.message, cause })))

const decodeRows = Schema.decodeUnknown(Schema.Array(Row))

/** Reads rows of the table `tokens`, for a program that must not change the database. */
export const tokensOf = (rows: unknown) => Effect.map(decodeRows(rows), (rows) => rows.map(toToken))

const toToken = (row: typeof Row.Type): Token => {
  const { marks } = readStored(row.token_hash)
  return {
    id: TokenId.make(row.id),
    name: row.name,
    paperOnly: marks.includes("paper"),
    account: accountOf(marks),
    marks,
    createdAt: fromIso(row.created_at),
    expiresAt: Option.map(Option.fromNullable(row.expires_at), fromIso),
    revokedAt: Option.map(Option.fromNullable(row.revoked_at), fromIso),
    lastUsedAt: Option.map(Option.fromNullable(row.last_used_at), fromIso)
  }
}

/** Makes the id of a token from its hash. */
const idOf = (hash: string): TokenId => TokenId.make(hash.slice(0, 12))

const sha256 = (text: string): string => digest("sha256", text)

const sameHash = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
