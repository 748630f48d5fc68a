import { Duration } from "effect"
import * as D from "../../../domain/numbers/decimal.ts"
import type { Place } from "./place.ts"
import { all, first, run, type Steps } from "../../storage/steps.ts"

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
function* addToSums(place: Place, { account, at, bucket, key, scope, units }: Use, sign: 1n | -1n): Steps<void> {
  if (at >= whileOpen || units === 0n) return
  const [whole, rest] = [sign * (units / unitsPerWhole), sign * (units % unitsPerWhole)]
  for (const span of [quarter, day]) {
    const start = Math.trunc(at / span) * span
    yield* run(
      `INSERT INTO ${place}use_sums AS s (scope, key, account, bucket, span, at, whole, rest) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (scope, key, account, bucket, span, at)
       DO UPDATE SET whole = s.whole + excluded.whole, rest = s.rest + excluded.rest`,
      scope,
      key,
      account,
      bucket,
      span,
      start,
      whole,
      rest
    )
    if (sign > 0) continue
    yield* run(
      `DELETE FROM ${place}use_sums WHERE scope = ? AND key = ? AND account = ? AND bucket = ? AND span = ? AND at = ?
         AND whole = 0 AND rest = 0`,
      scope,
      key,
      account,
      bucket,
      span,
      start
    )
  }
}

/** Adds a use of a spend. `part` is its number among those of the spend and the limit. */
export function* addUse(place: Place, { n, seq }: SpendRef, part: number, use: Use): Steps<void> {
  const { account, at, bucket, key, scope, units } = use
  yield* run(
    `INSERT INTO ${place}uses (scope, key, account, bucket, at, seq, n, part, units) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    scope,
    key,
    account,
    bucket,
    at,
    seq,
    n,
    part,
    units
  )
  yield* addToSums(place, use, 1n)
}

/** A row of a use. Its units are text, since JavaScript's numbers are not exact for all of them. */
interface UseRow extends UseBucket {
  readonly at: number
  readonly units: string
}

function* removed(place: Place, rows: ReadonlyArray<UseRow>): Steps<void> {
  for (const { units, ...use } of rows) yield* addToSums(place, { ...use, units: BigInt(units) }, -1n)
}

const removedColumns = "scope, key, account, bucket, at, CAST(units AS TEXT) AS units"

/** Removes the uses of a spend. */
export function* removeUses(place: Place, { n, seq }: SpendRef): Steps<void> {
  const remove = `DELETE FROM ${place}uses WHERE seq = ? AND n = ? RETURNING ${removedColumns}`
  yield* removed(place, yield* all<UseRow>(remove, seq, n))
}

/** Removes the uses of intents that a statement selects by the row `@through`. */
export function* removeUsesOf(place: Place, selection: string, through: number): Steps<void> {
  const remove = `DELETE FROM ${place}uses WHERE seq IN (${selection}) RETURNING ${removedColumns}`
  yield* removed(place, yield* all<UseRow>(remove, { through }))
}

/** Moves what was used under one key to another one. */
export function* rekeyUses(place: Place, from: string, to: string): Steps<void> {
  yield* run(`UPDATE ${place}uses SET key = ? WHERE key = ?`, to, from)
  yield* run(
    `INSERT INTO ${place}use_sums AS s (scope, key, account, bucket, span, at, whole, rest)
     SELECT scope, ?, account, bucket, span, at, whole, rest FROM ${place}use_sums WHERE key = ?
     ON CONFLICT (scope, key, account, bucket, span, at)
     DO UPDATE SET whole = s.whole + excluded.whole, rest = s.rest + excluded.rest`,
    to,
    from
  )
  yield* run(`DELETE FROM ${place}use_sums WHERE key = ?`, from)
}

const startAfter = (at: number, span: number): number => Math.ceil(at / span) * span

const inBucket = "scope = @scope AND key = @key AND account = @account AND bucket = @bucket"

const split = `units / ${unitsPerWhole} AS whole, units % ${unitsPerWhole} AS rest`

/** Sums of units in two parts, as text. */
interface Sums {
  readonly whole: string
  readonly rest: string
}

const sums = "CAST(coalesce(sum(whole), 0) AS TEXT) AS whole, CAST(coalesce(sum(rest), 0) AS TEXT) AS rest"

const unitsIn = (found: Sums | undefined): bigint =>
  found === undefined ? 0n : BigInt(found.whole) * unitsPerWhole + BigInt(found.rest)

/** Sums up the units that were used after a moment, those of open spends included. `since` is a whole number. */
export function* usedSince({ account, bucket, key, scope }: UseBucket, since: number): Steps<bigint> {
  const start = startAfter(since + 1, quarter)
  const found = yield* first<Sums>(
    `SELECT ${sums} FROM (
       SELECT ${split} FROM uses WHERE ${inBucket} AND at >= ${whileOpen}
       UNION ALL SELECT ${split} FROM uses WHERE ${inBucket} AND at > @since AND at < @start
       UNION ALL SELECT whole, rest FROM use_sums WHERE ${inBucket} AND span = ${quarter} AND at >= @start AND at < @firstDay
       UNION ALL SELECT whole, rest FROM use_sums WHERE ${inBucket} AND span = ${day} AND at >= @firstDay) AS parts`,
    { account, bucket, key, scope, since, start, firstDay: startAfter(start, day) }
  )
  return unitsIn(found)
}

/** Sums up the units of open spends. */
export function* usedByOpen({ account, bucket, key, scope }: UseBucket): Steps<bigint> {
  const found = yield* first<Sums>(
    `SELECT ${sums} FROM (SELECT ${split} FROM uses WHERE ${inBucket} AND at >= ${whileOpen}) AS parts`,
    { account, bucket, key, scope }
  )
  return unitsIn(found)
}
