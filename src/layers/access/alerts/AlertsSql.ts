import { DateTime, Effect, Layer, Option, Schema, type Scope } from "effect"
import { AlertCondition, alertLimits, Firing } from "../../../domain/alerts/alert.ts"
import { type Alert, Alerts, type TakenAlerts, TooManyAlerts, type WatchedAlert } from "../../../services/Alerts.ts"
import { Config } from "../../../services/Config.ts"
import { Frozen } from "../../../services/LimitErrors.ts"
import { AccountName, Principal } from "../../../services/Principal.ts"
import { RecordUnavailable } from "../../../services/Record.ts"
import type { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import { makeAuthorityFile } from "../mandates/authorityFile.ts"
import { type Authority, authorityInFile, authorityOf } from "../record/authority.ts"
import { frozenCaller } from "../record/mandates.ts"
import { readable } from "../record/readable.ts"
import { recordKeyOf } from "../record/recordKey.ts"
import { all, first, run, type Steps, value } from "../../storage/steps.ts"

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
export const AlertsSql = Layer.scoped(
  Alerts,
  Effect.flatMap(Config, (config) =>
    Effect.flatMap(authorityOf(config), (authority) => makeAlerts(authority, recordKeyOf(config)))
  )
)

/** Alerts that end with their scope. For tests and for accounts that are not kept. */
export const AlertsInMemory = Layer.scoped(Alerts, makeAlerts(authorityInFile(":memory:"), "memory"))

function makeAlerts(authority: Authority, key: string): Effect.Effect<typeof Alerts.Service, never, Scope.Scope> {
  return Effect.gen(function* () {
    const { read, write } = yield* makeAuthorityFile(authority)
    const owner = Effect.map(Principal, ({ account, caller }): Owner => ({ key, account, caller: caller.id }))

    const take = Effect.flatMap(owner, (own) =>
      Effect.flatMap(
        read(function* ({ wall }) {
          return { waiting: yield* waitingOf(own, wall), untold: yield* untoldOf(own) }
        }),
        Option.match({
          onNone: () => Effect.succeed<TakenAlerts>({ fired: [], waiting: 0 }),
          // A look takes no lock.
          onSome: ({ untold, waiting }) =>
            untold === 0
              ? Effect.succeed<TakenAlerts>({ fired: [], waiting })
              : write(function* (at): Steps<TakenAlerts> {
                  return { fired: yield* takeFired(own, at), waiting: yield* waitingOf(own, at) }
                })
        })
      )
    )

    return Alerts.of({
      create: Effect.fn("Alerts.create")(function* (condition, { lifetime, since }) {
        const own = yield* owner
        const made = yield* write((at) => make(own, { condition, at, since, expiresAt: at + lifetime })).pipe(
          unavailable
        )
        return made instanceof TooManyAlerts || made instanceof Frozen ? yield* made : made
      }),
      list: Effect.flatMap(owner, (own) =>
        Effect.map(
          read(({ wall }) => listOf(own, wall)),
          orNothing
        )
      ).pipe(unavailable),
      remove: (id) =>
        Effect.flatMap(owner, (own) => write(() => remove(own, id))).pipe(
          unavailable,
          Effect.withSpan("Alerts.remove")
        ),
      take: unavailable(take),
      watched: Effect.map(
        read(({ wall }) => watchedOf(key, wall)),
        orNothing
      ).pipe(unavailable),
      fire: (id, firing) => unavailable(write((at) => fire(id, at, firing))),
      seen: (times) => unavailable(times.size === 0 ? Effect.void : write(() => markSeen(times))),
      drop: (caller) =>
        unavailable(
          write(function* () {
            yield* run("DELETE FROM alerts WHERE key = ? AND caller = ? AND fired_at IS NULL", key, caller)
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

function* waitingOf(own: Owner, at: number): Steps<number> {
  const sql = `SELECT count(*) FROM alerts WHERE ${isOwn} AND fired_at IS NULL AND expires_at > @at`
  return Number(yield* value(sql, { ...own, at }))
}

function* untoldOf(own: Owner): Steps<number> {
  const sql = `SELECT count(*) FROM alerts WHERE ${isOwn} AND fired_at IS NOT NULL AND told_at IS NULL`
  return Number(yield* value(sql, { ...own }))
}

function* takeFired(own: Owner, at: number): Steps<ReadonlyArray<Alert>> {
  return (yield* all<Row>(
    `UPDATE alerts SET told_at = @at WHERE ${isOwn} AND fired_at IS NOT NULL AND told_at IS NULL RETURNING *`,
    { ...own, at }
  ))
    .toSorted((one, other) => (one.fired_at ?? 0) - (other.fired_at ?? 0) || one.id - other.id)
    .map(alertOf)
}

/** The alerts of a caller, except those that ended too long ago. */
function* listOf(own: Owner, at: number): Steps<ReadonlyArray<Alert>> {
  return (yield* all<Row>(
    `SELECT * FROM alerts WHERE ${isOwn} AND coalesce(fired_at, expires_at) > @kept ORDER BY id DESC`,
    { ...own, kept: at - alertLimits.listedFor }
  )).map(alertOf)
}

function* remove(own: Owner, id: number): Steps<boolean> {
  return (yield* run(`DELETE FROM alerts WHERE ${isOwn} AND id = @id`, { ...own, id })) > 0
}

interface Draft {
  readonly condition: AlertCondition
  readonly at: number
  readonly since: number
  readonly expiresAt: number
}

function* make(own: Owner, { at, condition, expiresAt, since }: Draft): Steps<Alert | TooManyAlerts | Frozen> {
  const stop = yield* frozenCaller(own)
  if (stop !== undefined) {
    const { by, reason } = stop
    const why = reason === undefined ? {} : { reason }
    return new Frozen({ scope: "caller", call: "create_alert", since: DateTime.unsafeMake(stop.since), by, ...why })
  }
  const text = encodeCondition(condition)
  const equal = yield* first<Row>(
    `SELECT * FROM alerts WHERE ${isOwn} AND condition = @text AND fired_at IS NULL AND expires_at > @at`,
    { ...own, text, at }
  )
  if (equal !== undefined) return alertOf(equal)
  yield* prune(own, at)
  if ((yield* waitingOf(own, at)) >= alertLimits.perCaller)
    return new TooManyAlerts({ of: "caller", limit: alertLimits.perCaller })
  const sql = "SELECT count(*) FROM alerts WHERE key = @key AND fired_at IS NULL AND expires_at > @at"
  const waiting = Number(yield* value(sql, { key: own.key, at }))
  if (waiting >= alertLimits.inAll) return new TooManyAlerts({ of: "all", limit: alertLimits.inAll })
  const [row] = yield* all<Row>(
    `INSERT INTO alerts (key, account, caller, condition, since, created_at, expires_at, watched_at)
     VALUES (@key, @account, @caller, @text, @since, @at, @expiresAt, @since) RETURNING *`,
    { ...own, text, since, at, expiresAt }
  )
  if (row === undefined) throw new Error("the new alert was not returned")
  return alertOf(row)
}

/** Deletes alerts that ended long ago, and of this caller all but the latest ones. */
function* prune(own: Owner, at: number): Steps<void> {
  yield* run("DELETE FROM alerts WHERE coalesce(fired_at, expires_at) <= ?", at - alertLimits.listedFor)
  yield* run(
    `DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE ${isOwn} AND (fired_at IS NOT NULL OR expires_at <= @at)
     ORDER BY coalesce(fired_at, expires_at) DESC LIMIT 1000000000 OFFSET @most)`,
    { ...own, at, most: alertLimits.ended }
  )
}

function* watchedOf(key: string, at: number): Steps<ReadonlyArray<WatchedAlert>> {
  const rows = yield* all<Row>(
    "SELECT * FROM alerts WHERE key = ? AND fired_at IS NULL AND expires_at > ? ORDER BY id",
    key,
    at
  )
  const frozen = new Map<string, boolean>()
  const watched: Array<WatchedAlert> = []
  for (const row of rows) {
    const { account, caller, since, watched_at: watchedAt } = row
    const rests = frozen.get(caller) ?? (yield* frozenCaller({ caller })) !== undefined
    frozen.set(caller, rests)
    if (!rests) watched.push({ ...alertOf(row), caller, account: AccountName(account), since, watchedAt })
  }
  return watched
}

/** The claim of one process: only one update finds the alert waiting. */
function* fire(id: number, at: number, firing: Firing): Steps<boolean> {
  return (
    (yield* run(
      "UPDATE alerts SET fired_at = @at, fired = @fired WHERE id = @id AND fired_at IS NULL AND expires_at > @at",
      { id, at, fired: encodeFiring(firing) }
    )) > 0
  )
}

function* markSeen(times: ReadonlyMap<number, number>): Steps<void> {
  for (const [id, at] of times)
    yield* run("UPDATE alerts SET watched_at = @at WHERE id = @id AND fired_at IS NULL AND watched_at < @at", {
      id,
      at
    })
}
