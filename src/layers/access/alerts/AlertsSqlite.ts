import type { Database } from "better-sqlite3"
import { DateTime, Effect, Layer, Option, Schema, type Scope } from "effect"
import { join } from "node:path"
import { AlertCondition, alertLimits, Firing } from "../../../domain/alerts/alert.ts"
import { type Alert, Alerts, type TakenAlerts, TooManyAlerts, type WatchedAlert } from "../../../services/Alerts.ts"
import { Config } from "../../../services/Config.ts"
import { Frozen } from "../../../services/LimitErrors.ts"
import { AccountName, Principal } from "../../../services/Principal.ts"
import { RecordUnavailable } from "../../../services/Record.ts"
import type { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import { makeAuthorityFile } from "../mandates/authorityFile.ts"
import { frozenCaller } from "../record/mandates.ts"
import { readable } from "../record/readable.ts"
import { recordFile } from "../record/recordFile.ts"
import { recordKeyOf } from "../record/RecordSqlite.ts"
import { statement } from "../record/statement.ts"

/** A row of the table `alerts`. */
interface Row {
  readonly id: number
  readonly account: string
  readonly caller: string
  readonly condition: string
  readonly since: number
  readonly created_at: number
  readonly expires_at: number
  readonly watched_at: number
  readonly fired_at: number | null
  readonly fired: string | null
}

interface Owner {
  readonly key: string
  readonly account: string
  readonly caller: string
}

const decodeCondition = Schema.decodeUnknownEither(Schema.parseJson(AlertCondition))
const encodeCondition = Schema.encodeSync(Schema.parseJson(AlertCondition))
const decodeFiring = Schema.decodeUnknownEither(Schema.parseJson(Firing))
const encodeFiring = Schema.encodeSync(Schema.parseJson(Firing))

/** Alerts in `authority.db` of the state folder. The file is opened on first use, and made only for an alert. */
export const AlertsSqlite = Layer.scoped(
  Alerts,
  Effect.flatMap(Config, (config) => makeAlerts(join(config.stateDir, recordFile), recordKeyOf(config)))
)

/** Alerts that end with their scope. For tests and for accounts that are not kept. */
export const AlertsInMemory = Layer.scoped(Alerts, makeAlerts(":memory:", "memory"))

function makeAlerts(file: string, key: string): Effect.Effect<typeof Alerts.Service, never, Scope.Scope> {
  return Effect.gen(function* () {
    const { read, write } = yield* makeAuthorityFile(file)
    const owner = Effect.map(Principal, ({ account, caller }): Owner => ({ key, account, caller: caller.id }))

    const take = Effect.flatMap(owner, (own) =>
      Effect.flatMap(
        read((db, { wall }) => ({ waiting: waitingOf(db, own, wall), untold: untoldOf(db, own) })),
        Option.match({
          onNone: () => Effect.succeed<TakenAlerts>({ fired: [], waiting: 0 }),
          // A look takes no lock.
          onSome: ({ untold, waiting }) =>
            untold === 0
              ? Effect.succeed<TakenAlerts>({ fired: [], waiting })
              : write((db, at): TakenAlerts => ({ fired: takeFired(db, own, at), waiting: waitingOf(db, own, at) }))
        })
      )
    )

    return Alerts.of({
      create: Effect.fn("Alerts.create")(function* (condition, { lifetime, since }) {
        const own = yield* owner
        const made = yield* write((db, at) => make(db, own, { condition, at, since, expiresAt: at + lifetime })).pipe(
          unavailable
        )
        return made instanceof TooManyAlerts || made instanceof Frozen ? yield* made : made
      }),
      list: Effect.flatMap(owner, (own) =>
        Effect.map(
          read((db, { wall }) => listOf(db, own, wall)),
          orNothing
        )
      ).pipe(unavailable),
      remove: (id) =>
        Effect.flatMap(owner, (own) => write((db) => remove(db, own, id))).pipe(
          unavailable,
          Effect.withSpan("Alerts.remove")
        ),
      take: unavailable(take),
      watched: Effect.map(
        read((db, { wall }) => watchedOf(db, key, wall)),
        orNothing
      ).pipe(unavailable),
      fire: (id, firing) => unavailable(write((db, at) => fire(db, id, at, firing))),
      seen: (times) => unavailable(times.size === 0 ? Effect.void : write((db) => markSeen(db, times))),
      drop: (caller) =>
        unavailable(
          write((db) => {
            statement(db, "DELETE FROM alerts WHERE key = ? AND caller = ? AND fired_at IS NULL").run(key, caller)
          })
        )
    })
  })
}

const unavailable = Effect.mapError(({ reason }: DatabaseUnavailable) => new RecordUnavailable({ reason }))

const orNothing = <A>(found: Option.Option<ReadonlyArray<A>>): ReadonlyArray<A> => Option.getOrElse(found, () => [])

const alertOf = ({ condition, created_at, expires_at, fired, fired_at, id }: Row): Alert => ({
  id,
  condition: readable(id, decodeCondition(condition)),
  createdAt: created_at,
  expiresAt: expires_at,
  ...(fired !== null && fired_at !== null && { fired: { ...readable(id, decodeFiring(fired)), at: fired_at } })
})

const isOwn = "key = @key AND account = @account AND caller = @caller"

const waitingOf = (db: Database, own: Owner, at: number): number => {
  const sql = `SELECT count(*) AS n FROM alerts WHERE ${isOwn} AND fired_at IS NULL AND expires_at > @at`
  return (statement(db, sql).get({ ...own, at }) as { readonly n: number }).n
}

const untoldOf = (db: Database, own: Owner): number => {
  const sql = `SELECT count(*) AS n FROM alerts WHERE ${isOwn} AND fired_at IS NOT NULL AND told_at IS NULL`
  return (statement(db, sql).get({ ...own }) as { readonly n: number }).n
}

const takeFired = (db: Database, own: Owner, at: number): ReadonlyArray<Alert> =>
  (
    statement(
      db,
      `UPDATE alerts SET told_at = @at WHERE ${isOwn} AND fired_at IS NOT NULL AND told_at IS NULL RETURNING *`
    ).all({ ...own, at }) as ReadonlyArray<Row>
  )
    .toSorted((one, other) => (one.fired_at ?? 0) - (other.fired_at ?? 0) || one.id - other.id)
    .map(alertOf)

/** The alerts of a caller, except those that ended too long ago. */
const listOf = (db: Database, own: Owner, at: number): ReadonlyArray<Alert> =>
  (
    statement(
      db,
      `SELECT * FROM alerts WHERE ${isOwn} AND coalesce(fired_at, expires_at) > @kept ORDER BY id DESC`
    ).all({ ...own, kept: at - alertLimits.listedFor }) as ReadonlyArray<Row>
  ).map(alertOf)

const remove = (db: Database, own: Owner, id: number): boolean =>
  statement(db, `DELETE FROM alerts WHERE ${isOwn} AND id = @id`).run({ ...own, id }).changes > 0

interface Draft {
  readonly condition: AlertCondition
  readonly at: number
  readonly since: number
  readonly expiresAt: number
}

const make = (db: Database, own: Owner, { at, condition, expiresAt, since }: Draft): Alert | TooManyAlerts | Frozen => {
  const stop = frozenCaller(db, own)
  if (stop !== undefined) {
    const { by, reason } = stop
    const why = reason === undefined ? {} : { reason }
    return new Frozen({ scope: "caller", call: "create_alert", since: DateTime.unsafeMake(stop.since), by, ...why })
  }
  const text = encodeCondition(condition)
  const equal = statement(
    db,
    `SELECT * FROM alerts WHERE ${isOwn} AND condition = @text AND fired_at IS NULL AND expires_at > @at`
  ).get({ ...own, text, at }) as Row | undefined
  if (equal !== undefined) return alertOf(equal)
  prune(db, own, at)
  if (waitingOf(db, own, at) >= alertLimits.perCaller)
    return new TooManyAlerts({ of: "caller", limit: alertLimits.perCaller })
  const all = statement(db, "SELECT count(*) AS n FROM alerts WHERE fired_at IS NULL AND expires_at > ?").get(at) as {
    readonly n: number
  }
  if (all.n >= alertLimits.inAll) return new TooManyAlerts({ of: "all", limit: alertLimits.inAll })
  const row = statement(
    db,
    `INSERT INTO alerts (key, account, caller, condition, since, created_at, expires_at, watched_at)
     VALUES (@key, @account, @caller, @text, @since, @at, @expiresAt, @since) RETURNING *`
  ).get({ ...own, text, since, at, expiresAt }) as Row
  return alertOf(row)
}

/** Deletes alerts that ended long ago, and of this caller all but the latest ones. */
const prune = (db: Database, own: Owner, at: number): void => {
  statement(db, "DELETE FROM alerts WHERE coalesce(fired_at, expires_at) <= ?").run(at - alertLimits.listedFor)
  statement(
    db,
    `DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE ${isOwn} AND (fired_at IS NOT NULL OR expires_at <= @at)
     ORDER BY coalesce(fired_at, expires_at) DESC LIMIT -1 OFFSET @most)`
  ).run({ ...own, at, most: alertLimits.ended })
}

const watchedOf = (db: Database, key: string, at: number): ReadonlyArray<WatchedAlert> => {
  const rows = statement(
    db,
    "SELECT * FROM alerts WHERE key = ? AND fired_at IS NULL AND expires_at > ? ORDER BY id"
  ).all(key, at) as ReadonlyArray<Row>
  const frozen = new Map<string, boolean>()
  const rests = (caller: string): boolean => {
    const known = frozen.get(caller) ?? frozenCaller(db, { caller }) !== undefined
    frozen.set(caller, known)
    return known
  }
  return rows.flatMap((row) =>
    rests(row.caller)
      ? []
      : [
          {
            ...alertOf(row),
            caller: row.caller,
            account: AccountName.make(row.account),
            since: row.since,
            watchedAt: row.watched_at
          }
        ]
  )
}

/** The claim of one process: only one update finds the alert waiting. */
const fire = (db: Database, id: number, at: number, firing: Firing): boolean =>
  statement(
    db,
    "UPDATE alerts SET fired_at = @at, fired = @fired WHERE id = @id AND fired_at IS NULL AND expires_at > @at RETURNING id"
  ).get({ id, at, fired: encodeFiring(firing) }) !== undefined

const markSeen = (db: Database, times: ReadonlyMap<number, number>): void => {
  const mark = statement(db, "UPDATE alerts SET watched_at = max(watched_at, ?) WHERE id = ? AND fired_at IS NULL")
  for (const [id, at] of times) mark.run(at, id)
}
