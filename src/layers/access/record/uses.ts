import type { Database } from "better-sqlite3"
import { Duration } from "effect"
import * as D from "../../../domain/numbers/decimal.ts"
import type { Place } from "./place.ts"
import { statement } from "./statement.ts"

/** The time of a use whose spend is open: later than any other, so that it counts in every window. */
export const whileOpen = 9_000_000_000_000_000

/** Decimals of a use. */
const usePlaces = 8

/** The units of the highest limit: 10^9 of a currency. A limit that is set higher counts as this one. */
export const mostUnits = 10n ** 17n

/** The value of an amount in units of 10^-8 of a limit's currency, rounded up. One above all limits counts as just above. */
export const unitsOf = (amount: string, rate: string): bigint => {
  const value = D.roundUp(D.multiply(D.decimal(amount), D.decimal(rate)), usePlaces)
  const units = BigInt(D.toFixed(value, usePlaces).replace(".", ""))
  return units > mostUnits ? mostUnits + 1n : units
}

/** The limit of one scope on one account. */
export interface UseBucket {
  readonly scope: string
  readonly key: string
  readonly account: string
  readonly bucket: string
}

/** A spend, by the row of its intent and its number there. */
interface SpendRef {
  readonly seq: number
  readonly n: number
}

/** A use of a limit. */
interface Use extends UseBucket {
  readonly at: number
  readonly units: bigint
}

/**
 * The spans of which sums are kept, in milliseconds, the shorter first. A window is read as the sums that lie in it, and the
 * uses before the first of them.
 */
const [quarter, day] = [Duration.toMillis("15 minutes"), Duration.toMillis("1 day")]

/**
 * Units are summed up in two parts, the whole currency and the rest. The sum of units that are as high as they can be would
 * not fit into an integer of SQLite.
 */
const unitsPerWhole = 10n ** BigInt(usePlaces)

/** Adds a use to the sums of its time, or takes it away. One of an open spend has no time. A sum of zero is removed. */
const addToSums = (
  db: Database,
  place: Place,
  { account, at, bucket, key, scope, units }: Use,
  sign: 1n | -1n
): void => {
  if (at >= whileOpen || units === 0n) return
  const add = statement(
    db,
    `INSERT INTO ${place}use_sums (scope, key, account, bucket, span, at, whole, rest) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET whole = whole + excluded.whole, rest = rest + excluded.rest`
  )
  const [whole, rest] = [sign * (units / unitsPerWhole), sign * (units % unitsPerWhole)]
  for (const span of [quarter, day]) {
    const start = Math.trunc(at / span) * span
    add.run(scope, key, account, bucket, span, start, whole, rest)
    if (sign > 0) continue
    statement(
      db,
      `DELETE FROM ${place}use_sums WHERE scope = ? AND key = ? AND account = ? AND bucket = ? AND span = ? AND at = ?
         AND whole = 0 AND rest = 0`
    ).run(scope, key, account, bucket, span, start)
  }
}

/** Adds a use of a spend. `part` is its number among those of the spend and the limit. */
export const addUse = (db: Database, place: Place, { n, seq }: SpendRef, part: number, use: Use): void => {
  const { account, at, bucket, key, scope, units } = use
  statement(
    db,
    `INSERT INTO ${place}uses (scope, key, account, bucket, at, seq, n, part, units) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
  ).run(scope, key, account, bucket, at, seq, n, part, units)
  addToSums(db, place, use, 1n)
}

/** A row as it is read with large integers. */
interface UseRow extends UseBucket {
  readonly at: bigint
  readonly units: bigint
}

const removed = (db: Database, place: Place, rows: ReadonlyArray<unknown>): void => {
  for (const { at, ...use } of rows as ReadonlyArray<UseRow>) addToSums(db, place, { ...use, at: Number(at) }, -1n)
}

const removedColumns = "scope, key, account, bucket, at, units"

/** Removes the uses of a spend. */
export const removeUses = (db: Database, place: Place, { n, seq }: SpendRef): void => {
  const remove = statement(db, `DELETE FROM ${place}uses WHERE seq = ? AND n = ? RETURNING ${removedColumns}`)
  removed(db, place, remove.safeIntegers().all(seq, n))
}

/** Removes the uses of intents that a statement selects by the row `@through`. */
export const removeUsesOf = (db: Database, place: Place, selection: string, through: number): void => {
  const remove = statement(db, `DELETE FROM ${place}uses WHERE seq IN (${selection}) RETURNING ${removedColumns}`)
  removed(db, place, remove.safeIntegers().all({ through }))
}

/** Moves what was used under one key to another one. */
export const rekeyUses = (db: Database, place: Place, from: string, to: string): void => {
  statement(db, `UPDATE ${place}uses SET key = ? WHERE key = ?`).run(to, from)
  statement(
    db,
    `INSERT INTO ${place}use_sums (scope, key, account, bucket, span, at, whole, rest)
     SELECT scope, ?, account, bucket, span, at, whole, rest FROM ${place}use_sums WHERE key = ?
     ON CONFLICT DO UPDATE SET whole = whole + excluded.whole, rest = rest + excluded.rest`
  ).run(to, from)
  statement(db, `DELETE FROM ${place}use_sums WHERE key = ?`).run(from)
}

const startAfter = (at: number, span: number): number => Math.ceil(at / span) * span

const inBucket = "scope = @scope AND key = @key AND account = @account AND bucket = @bucket"

const split = `units / ${unitsPerWhole} AS whole, units % ${unitsPerWhole} AS rest`

/** Sums up the units that were used after a moment, those of open spends included. `since` is a whole number. */
export const usedSince = (db: Database, { account, bucket, key, scope }: UseBucket, since: number): bigint => {
  const first = startAfter(since + 1, quarter)
  const { rest, whole } = statement(
    db,
    `SELECT coalesce(sum(whole), 0) AS whole, coalesce(sum(rest), 0) AS rest FROM (
       SELECT ${split} FROM uses WHERE ${inBucket} AND at >= ${whileOpen}
       UNION ALL SELECT ${split} FROM uses WHERE ${inBucket} AND at > @since AND at < @first
       UNION ALL SELECT whole, rest FROM use_sums WHERE ${inBucket} AND span = ${quarter} AND at >= @first AND at < @firstDay
       UNION ALL SELECT whole, rest FROM use_sums WHERE ${inBucket} AND span = ${day} AND at >= @firstDay)`
  )
    .safeIntegers()
    .get({ account, bucket, key, scope, since, first, firstDay: startAfter(first, day) }) as {
    readonly whole: bigint
    readonly rest: bigint
  }
  return whole * unitsPerWhole + rest
}

/** Sums up the units of open spends. */
export const usedByOpen = (db: Database, { account, bucket, key, scope }: UseBucket): bigint => {
  const { rest, whole } = statement(
    db,
    `SELECT coalesce(sum(whole), 0) AS whole, coalesce(sum(rest), 0) AS rest
     FROM (SELECT ${split} FROM uses WHERE ${inBucket} AND at >= ${whileOpen})`
  )
    .safeIntegers()
    .get({ account, bucket, key, scope }) as { readonly whole: bigint; readonly rest: bigint }
  return whole * unitsPerWhole + rest
}
