import { Option } from "effect"
import { type Claim, everyone, type Spend, withdrawBucket } from "../../../domain/mandates/claim.ts"
import type { ServerLimits, SpendingLimits, Window } from "../../../domain/mandates/mandate.ts"
import type { LimitUsage, NoRoom } from "../../../domain/mandates/room.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import type { Limits } from "../../../services/Record.ts"
import type { Now } from "./now.ts"
import type { Party } from "./party.ts"
import { addedUnits } from "./projectSpending.ts"
import { mostUnits, unitsOf, usedByOpen, usedSince, whileOpen } from "./uses.ts"
import { rolling, type RollingWindow, spans, windowTime } from "./windows.ts"
import { all, map, type Steps, value } from "../../storage/steps.ts"

/** The limits of one bucket. */
interface Bucket {
  readonly layer: "mandate" | "server"
  readonly scope: string
  readonly bucket: string
  readonly name: string
  readonly unit: string
  readonly max: SpendingLimits["max"]
}

/** Lists the limits that concern a caller. */
const bucketsOf = (party: Party, server: ServerLimits | undefined): ReadonlyArray<Bucket> => {
  const spending = (layer: Bucket["layer"], scope: string, { currency, max }: SpendingLimits): ReadonlyArray<Bucket> =>
    currency === undefined ? [] : [{ layer, scope, bucket: currency, name: "max", unit: currency, max }]
  const own = Option.match(party.mandate, {
    onNone: () => [],
    onSome: ({ subject, terms }) => [
      ...spending("mandate", subject, terms.spending),
      ...Object.entries(terms.withdraw ?? {}).map(([address, { amount, asset, per }]): Bucket => ({
        layer: "mandate",
        scope: subject,
        bucket: withdrawBucket(address, asset),
        name: `withdraw ${address}`,
        unit: asset,
        max: { [per]: amount }
      }))
    ]
  })
  return [...own, ...(server === undefined ? [] : spending("server", everyone, server.spending))]
}

function* usedIn({ account, key }: Party, { bucket, scope }: Bucket, window: RollingWindow, at: number): Steps<bigint> {
  return yield* usedSince({ scope, key, account, bucket }, sinceOf(window, at))
}

const sinceOf = (window: RollingWindow, at: number): number =>
  window === "total" ? -1 : Math.trunc(at - spans[window])

const unitsPerCoin = D.decimal("0.00000001")

const textOf = (units: bigint): string => D.format(D.multiply(D.make(units, 0), unitsPerCoin))

const limitOf = (max: SpendingLimits["max"], window: Window): bigint | undefined => {
  const amount = max[window]
  if (amount === undefined || amount === "none") return undefined
  const units = unitsOf(amount, "1")
  return units > mostUnits ? mostUnits : units
}

/** Checks that no window of a limit is exceeded. */
export function* spendingReached(now: Now, party: Party, claim: Claim, limits: Limits): Steps<NoRoom | undefined> {
  const counted = []
  for (const bucket of bucketsOf(party, limits.server)) {
    const asked = []
    for (const spend of claim.spends) {
      const count = spend.counts.find(({ bucket: name, scope }) => name === bucket.bucket && scope === bucket.scope)
      if (count !== undefined) asked.push({ spend, rate: count.rate, units: yield* addedUnits("main.", spend, count) })
    }
    if (asked.length > 0) counted.push({ bucket, asked })
  }
  if (counted.length === 0) return undefined
  const at = yield* windowTime(now, party, limits)
  for (const { asked, bucket } of counted) {
    const reached = function* (window: Window, asked: bigint, limit: bigint, used: bigint): Steps<NoRoom> {
      const left = limit > used ? limit - used : 0n
      const availableAt =
        window === "order" ? undefined : yield* roomAt(party, bucket, window, at, used + asked - limit)
      return {
        _tag: "Limit",
        layer: bucket.layer,
        limit: `${bucket.name}/${window}`,
        asked: textOf(asked),
        allowed: textOf(limit),
        left: textOf(left),
        unit: bucket.unit,
        ...(availableAt !== undefined && asked <= limit && { availableAt })
      }
    }
    const single = limitOf(bucket.max, "order")
    if (single !== undefined)
      for (const { rate, spend } of asked) {
        const units = unitsOf(D.format(D.sum(D.decimal(spend.amount), yield* raisedAmount(spend))), rate)
        if (spend.kind === "order" && units > single) return yield* reached("order", units, single, 0n)
      }
    const sum = asked.reduce((total, { units }) => total + units, 0n)
    for (const window of rolling) {
      const limit = limitOf(bucket.max, window)
      if (limit === undefined) continue
      const used = yield* usedIn(party, bucket, window, at)
      if (used + sum > limit) return yield* reached(window, sum, limit, used)
    }
  }
  return undefined
}

/** The amount of the order that an amendment raises. */
function* raisedAmount({ raises }: Spend): Steps<D.Decimal> {
  if (raises === undefined) return D.zero
  const amount = yield* value<string>("SELECT amount FROM spends WHERE seq = ? AND n = ?", raises.intent, raises.n)
  return D.decimal(amount ?? "0")
}

/** The places and lengths of the parts in which uses are looked at to find out when there is room. */
const batches = [
  [0, 2],
  [2, 30],
  [32, 968]
] as const

/** The time at which `needed` units have left a window. Undefined if open writes hold them, or a window has no end. */
function* roomAt(
  { account, key }: Party,
  { bucket, scope }: Bucket,
  window: RollingWindow,
  at: number,
  needed: bigint
): Steps<number | undefined> {
  if (window === "total") return undefined
  let freed = 0n
  // Most often the oldest ones are enough, so that the others are not read.
  for (const [offset, most] of batches) {
    const uses = yield* all<{ readonly at: number; readonly units: string }>(
      `SELECT at, CAST(units AS TEXT) AS units FROM uses
       WHERE scope = ? AND key = ? AND account = ? AND bucket = ? AND at > ? AND at < ${whileOpen}
       ORDER BY at LIMIT ${most} OFFSET ${offset}`,
      scope,
      key,
      account,
      bucket,
      sinceOf(window, at)
    )
    for (const use of uses) {
      freed += BigInt(use.units)
      if (freed >= needed) return use.at + spans[window]
    }
    if (uses.length < most) return undefined
  }
  return undefined
}

/** Reads what was used of each limit that concerns a caller. `at` is the time by which windows are judged. */
export function* limitUsages(
  party: Party,
  server: ServerLimits | undefined,
  at: number
): Steps<ReadonlyArray<LimitUsage>> {
  const usages = yield* map(bucketsOf(party, server), (bucket) =>
    map(rolling, (window) => usageIn(party, bucket, window, at))
  )
  return usages.flat(2)
}

function* usageIn(party: Party, bucket: Bucket, window: RollingWindow, at: number): Steps<ReadonlyArray<LimitUsage>> {
  const limit = limitOf(bucket.max, window)
  if (limit === undefined) return []
  const used = yield* usedIn(party, bucket, window, at)
  const availableAt = used === 0n ? undefined : yield* roomAt(party, bucket, window, at, 1n)
  return [
    {
      layer: bucket.layer,
      limit: `${bucket.name}/${window}`,
      window,
      unit: bucket.unit,
      allowed: textOf(limit),
      used: textOf(used),
      left: textOf(limit > used ? limit - used : 0n),
      ...(availableAt !== undefined && { availableAt })
    }
  ]
}

/** The state of one limit of spending. Amounts are decimals in `currency`. */
export interface BudgetState {
  /** Such as `max/day`. */
  readonly limit: string
  readonly currency: string
  readonly allowed: string
  readonly used: string
  /** The part of the used amount that open writes and orders can still take. */
  readonly reserved: string
}

/** Reads the state of the limits of spending, without those of withdrawal addresses, which have the names of a person. */
export function* budgetStates(
  party: Party,
  server: ServerLimits | undefined,
  at: number
): Steps<ReadonlyArray<BudgetState>> {
  const states: Array<BudgetState> = []
  for (const bucket of bucketsOf(party, server)) {
    if (bucket.name !== "max") continue
    const reserved = textOf(yield* usedByOpen({ ...bucket, account: party.account, key: party.key }))
    for (const window of rolling)
      for (const { allowed, limit, unit, used } of yield* usageIn(party, bucket, window, at))
        states.push({ limit, currency: unit, allowed, used, reserved })
  }
  return states
}
