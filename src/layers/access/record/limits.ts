import type { Database } from "better-sqlite3"
import { Duration, Option, Schema } from "effect"
import { endpoints, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { type Claim, everyone, type Spend, SpentOrder, withdrawBucket } from "../../../domain/mandates/claim.ts"
import {
  Mandate,
  type ServerLimits,
  type SpendingLimits,
  type Window,
  windows
} from "../../../domain/mandates/mandate.ts"
import type { LimitUsage, NoRoom, OpenSpend, Owned, Usage } from "../../../domain/mandates/room.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import type { MandateInForce } from "../../../services/Principal.ts"
import type { Limits } from "../../../services/Record.ts"
import type { Now } from "./intents.ts"
import { countsOf, mostUnits, unitsOf, whileOpen } from "./projectSpending.ts"
import { readable } from "./readable.ts"
import { statement } from "./statement.ts"

/** The party for whom limits are judged. */
export interface Party {
  readonly key: string
  readonly account: string
  /** The id of the token, or `local`. */
  readonly caller: string
  readonly mandate: Option.Option<MandateInForce>
}

type RollingWindow = Exclude<Window, "order">

/** The lengths of the windows, in milliseconds. */
const spans: Readonly<Record<RollingWindow, number>> = {
  hour: Duration.toMillis("1 hour"),
  day: Duration.toMillis("1 day"),
  week: Duration.toMillis("7 days"),
  month: Duration.toMillis("30 days"),
  total: Infinity
}

const rolling = windows.filter((window): window is RollingWindow => window !== "order")

/** The largest difference between our clock and Kraken's at which both count as right, in milliseconds. */
const trustedDifference = Duration.toMillis("1 minute")

const minute = Duration.toMillis("1 minute")

/**
 * The time by which windows are judged: our clock or Kraken's, whichever is less, and never less than it was. If either
 * jumps ahead, nothing leaves a window.
 */
const windowTime = (db: Database, now: Now, { key }: Party, { krakenTime = now.wall }: Limits): number => {
  const stored = statement(db, "SELECT at FROM window_time WHERE key = ?").pluck().get(key)
  return Math.max(Math.min(now.wall, krakenTime), stored === undefined ? 0 : Number(stored))
}

/** Stores the time by which windows were judged. */
export const storeWindowTime = (db: Database, now: Now, party: Party, limits: Limits): void => {
  statement(
    db,
    "INSERT INTO window_time (key, at) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET at = max(at, excluded.at)"
  ).run(party.key, Math.trunc(windowTime(db, now, party, limits)))
}

/** Finds the reason for which a write has no room. */
export const judge = (
  db: Database,
  now: Now,
  party: Party,
  { claim, endpoint }: { readonly endpoint: WriteEndpoint; readonly claim?: Claim | undefined },
  limits: Limits
): NoRoom | undefined => {
  const { moves } = endpoints[endpoint]
  if (moves === "cancels") return undefined
  const barred = frozen(db, party) ?? changed(db, party)
  if (barred !== undefined) return barred
  const isLimited = Option.isSome(party.mandate) || limits.server !== undefined
  // Without a claim the write was not judged, which a change of the limits in the meantime can cause.
  if (claim === undefined) return isLimited && moves !== "nothing" ? { _tag: "Changed" } : rateReached(db, now, party)
  const at = windowTime(db, now, party, limits)
  const clock = clockDifference(now, limits)
  const found =
    rateReached(db, now, party) ??
    openOrdersReached(db, party, claim) ??
    ownershipReached(db, party, claim) ??
    keepReached(db, party, claim, limits) ??
    spendingReached(db, party, claim, limits, at)
  return found?._tag === "Limit" && clock !== undefined ? { ...found, clockDifference: clock } : found
}

const clockDifference = (now: Now, { krakenTime = now.wall }: Limits): number | undefined => {
  const difference = Math.abs(now.wall - krakenTime)
  return difference > trustedDifference ? difference : undefined
}

/** A row of a mandate, or of a caller without one that was frozen. */
interface MandateRow {
  readonly subject: string
  readonly revision: number
  readonly terms: string | null
  readonly frozen_at: number | null
  readonly frozen_by: string | null
  readonly frozen_why: string | null
}

const rowOf = (db: Database, { caller }: Pick<Party, "caller">): MandateRow | undefined =>
  statement(
    db,
    `SELECT subject, revision, terms, frozen_at, frozen_by, frozen_why FROM mandates
     WHERE token = @caller OR (token IS NULL AND subject = @caller) ORDER BY token IS NULL LIMIT 1`
  ).get({ caller }) as MandateRow | undefined

/** Finds what keeps a caller from all writes but cancels. */
export const frozen = (
  db: Database,
  party: Pick<Party, "caller">
): Extract<NoRoom, { readonly _tag: "Frozen" }> | undefined => {
  const stop = statement(db, "SELECT at, by, why FROM halt WHERE halted = 1").get() as
    | { readonly at: number; readonly by: string; readonly why: string | null }
    | undefined
  if (stop !== undefined)
    return {
      _tag: "Frozen",
      scope: "everything",
      since: stop.at,
      by: stop.by,
      ...(stop.why !== null && { reason: stop.why })
    }
  const row = rowOf(db, party)
  return row === undefined || row.frozen_at === null
    ? undefined
    : {
        _tag: "Frozen",
        scope: "caller",
        since: row.frozen_at,
        by: row.frozen_by ?? "",
        ...(row.frozen_why !== null && { reason: row.frozen_why })
      }
}

/** A mandate that was made, changed or removed since the call began. The mandate of `local` comes from settings. */
const changed = (db: Database, party: Party): NoRoom | undefined => {
  if (party.caller === "local") return undefined
  const row = rowOf(db, party)
  const stored = row?.terms === null ? undefined : row?.revision
  const used = Option.getOrUndefined(Option.map(party.mandate, ({ revision }) => revision))
  return stored === used ? undefined : { _tag: "Changed" }
}

/** Decodes a mandate, of which a limit that this version does not know is an error: it must not be ignored. */
const decodeMandate = Schema.decodeUnknownEither(Schema.parseJson(Mandate), { onExcessProperty: "error" })

/** Reads the mandate of a token. */
export const mandateOf = (db: Database, token: string): MandateInForce | undefined => {
  const row = statement(db, "SELECT subject, revision, terms, seq FROM mandates WHERE token = ?").get(token) as
    | (Pick<MandateRow, "revision" | "subject" | "terms"> & { readonly seq: number })
    | undefined
  return row === undefined || row.terms === null
    ? undefined
    : { subject: row.subject, revision: row.revision, terms: readable(row.seq, decodeMandate(row.terms)) }
}

const cancels = Object.entries(endpoints).flatMap(([name, { moves }]) => (moves === "cancels" ? [`'${name}'`] : []))

/** The times of the newest writes of a caller in the last minute, refused ones included, newest first. */
const recentWrites = (db: Database, now: Now, { account, caller, key }: Party, most: number): ReadonlyArray<number> =>
  (
    statement(
      db,
      `SELECT at FROM intents WHERE key = ? AND account = ? AND caller = ? AND endpoint NOT IN (${cancels.join(", ")})
       ORDER BY seq DESC LIMIT ?`
    )
      .pluck()
      .all(key, account, caller, most) as ReadonlyArray<number>
  ).filter((at) => at > now.wall - minute)

const rateReached = (db: Database, now: Now, party: Party): NoRoom | undefined => {
  const rate = Option.getOrUndefined(party.mandate)?.terms.rate
  if (rate === undefined) return undefined
  const times = recentWrites(db, now, party, rate)
  if (times.length < rate) return undefined
  const oldest = times.at(-1)
  return {
    _tag: "Limit",
    layer: "mandate",
    limit: "rate",
    asked: "1",
    allowed: String(rate),
    left: "0",
    unit: "writes a minute",
    ...(oldest !== undefined && { availableAt: oldest + minute })
  }
}

const subjectOf = ({ mandate }: Pick<Party, "mandate">): string | undefined =>
  Option.getOrUndefined(Option.map(mandate, ({ subject }) => subject))

const openOrders = (db: Database, { account, key }: Party, subject: string): number =>
  Number(
    statement(
      db,
      "SELECT coalesce(sum(open_orders), 0) FROM spends WHERE key = ? AND account = ? AND subject = ? AND state = 'open'"
    )
      .pluck()
      .get(key, account, subject)
  )

/** Orders that only reduce always pass. Those that fills of other orders made count, and are never refused. */
const openOrdersReached = (db: Database, party: Party, claim: Claim): NoRoom | undefined => {
  const { subject, terms } = Option.getOrElse(party.mandate, () => ({ subject: "", terms: undefined }))
  const added = claim.spends.filter(
    ({ kind, order, parent, raises }) =>
      kind === "order" && parent === undefined && raises === undefined && order?.reduces !== true
  ).length
  if (terms?.maxOpen === undefined || added === 0) return undefined
  const left = Math.max(0, terms.maxOpen - openOrders(db, party, subject))
  return added <= left
    ? undefined
    : {
        _tag: "Limit",
        layer: "mandate",
        limit: "max-open",
        asked: String(added),
        allowed: String(terms.maxOpen),
        left: String(left),
        unit: "open orders"
      }
}

/**
 * The amount of an asset that a scope owns: capital, grants and what its writes gained, less what open writes can still
 * take of it. Under capital, all that it spends is its own. Otherwise only writes that reduce take of what it owns. Orders
 * that the fills of another one make can only take what that one got.
 */
const ownedOf = (
  db: Database,
  party: Party,
  scope: string,
  asset: string
): { owned: D.Decimal; reserved: D.Decimal } => {
  const { account, key } = party
  const terms = scope === everyone ? undefined : Option.getOrUndefined(party.mandate)?.terms
  const hasCapital = terms?.capital !== undefined
  const gained = statement(
    db,
    "SELECT amount, net FROM holdings WHERE scope = ? AND key = ? AND account = ? AND asset = ?"
  ).get(scope, key, account, asset) as { readonly amount: string; readonly net: string } | undefined
  const parts = [
    terms?.grants[asset] ?? "0",
    terms?.capital?.asset === asset ? terms.capital.amount : "0",
    (hasCapital ? gained?.net : gained?.amount) ?? "0"
  ]
  const owned = parts.map(D.decimal).reduce((a, b) => D.sum(a, b))
  const open = statement(
    db,
    `SELECT s.amount, s.paid, p.got FROM spends s LEFT JOIN spends p ON s.parent_n = p.n AND s.seq = p.seq
     WHERE s.key = @key AND s.account = @account AND s.state = 'open' AND s.asset = @asset
       AND (@subject IS NULL OR s.subject = @subject) AND (@all OR s.reduces)`
  ).all({
    key,
    account,
    asset,
    subject: scope === everyone ? null : scope,
    all: hasCapital ? 1 : 0
  }) as ReadonlyArray<{
    readonly amount: string
    readonly paid: string
    readonly got: string | null
  }>
  const reserved = open.reduce((sum, { amount, got, paid }) => {
    const most = got === null ? D.decimal(amount) : D.min(D.decimal(amount), D.decimal(got))
    return D.sum(sum, D.max(D.zero, D.subtract(most, D.decimal(paid))))
  }, D.zero)
  return { owned, reserved }
}

/** The amount of an asset that a caller owns and no open write can take. Without a mandate: that all callers own. */
export const availableOf = (db: Database, party: Party, asset: string): string => {
  const { owned, reserved } = ownedOf(db, party, subjectOf(party) ?? everyone, asset)
  return D.format(D.max(D.zero, D.subtract(owned, reserved)))
}

/**
 * Checks that a caller with capital spends only what it owns, and that orders which only reduce sell only what their
 * scope owns.
 */
const ownershipReached = (db: Database, party: Party, claim: Claim): NoRoom | undefined => {
  const scope = subjectOf(party) ?? everyone
  const hasCapital = Option.exists(party.mandate, ({ terms }) => terms.capital !== undefined)
  const bound = claim.spends.filter(
    ({ order, parent }) => parent === undefined && (hasCapital || order?.reduces === true)
  )
  for (const asset of new Set(bound.map((spend) => spend.asset))) {
    const asked = bound
      .filter((spend) => spend.asset === asset)
      .reduce((sum, { amount }) => D.sum(sum, D.decimal(amount)), D.zero)
    const { owned, reserved } = ownedOf(db, party, scope, asset)
    const left = D.max(D.zero, D.subtract(owned, reserved))
    if (D.greaterThan(asked, left))
      return {
        _tag: "Limit",
        layer: scope === everyone ? "server" : "mandate",
        limit: hasCapital ? "capital" : "owned",
        asked: D.format(asked),
        allowed: D.format(owned),
        left: D.format(left),
        unit: asset
      }
  }
  return undefined
}

/**
 * Checks that a write leaves the balances that have to be kept. A write that was not answered before the report was asked
 * for is not in it: the most that it can take, or has taken since, is subtracted.
 */
const keepReached = (db: Database, party: Party, claim: Claim, { report }: Limits): NoRoom | undefined => {
  const keep = Option.getOrUndefined(party.mandate)?.terms.keep ?? {}
  for (const [asset, least] of Object.entries(keep)) {
    const asked = claim.spends
      .filter((spend) => spend.asset === asset && spend.parent === undefined && spend.order?.reduces !== true)
      .reduce((sum, { amount }) => D.sum(sum, D.decimal(amount)), D.zero)
    if (D.isZero(asked)) continue
    // Without a report there is nothing to compare with, so that nothing is left.
    const reported = report === undefined ? "0" : (report.available[asset] ?? "0")
    const unreported = statement(
      db,
      `SELECT CASE s.state WHEN 'open' THEN s.amount ELSE s.paid END FROM spends s JOIN intents i USING (seq)
       WHERE s.key = ? AND s.account = ? AND s.asset = ? AND (i.outcome_seq IS NULL OR i.outcome_seq > ?)`
    )
      .pluck()
      .all(party.key, party.account, asset, report?.asOf ?? 0) as ReadonlyArray<string>
    const available = unreported.reduce((left, amount) => D.subtract(left, D.decimal(amount)), D.decimal(reported))
    const left = D.max(D.zero, D.subtract(available, D.decimal(least)))
    if (D.greaterThan(asked, left))
      return {
        _tag: "Limit",
        layer: "mandate",
        limit: "keep",
        asked: D.format(asked),
        allowed: D.format(D.max(D.zero, D.subtract(D.decimal(reported), D.decimal(least)))),
        left: D.format(left),
        unit: asset
      }
  }
  return undefined
}

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

const usedSince = (db: Database, { account, key }: Party, { bucket, scope }: Bucket, since: number): bigint =>
  BigInt(
    statement(
      db,
      "SELECT coalesce(sum(units), 0) FROM uses WHERE scope = ? AND key = ? AND account = ? AND bucket = ? AND at > ?"
    )
      .safeIntegers()
      .pluck()
      .get(scope, key, account, bucket, since) as bigint
  )

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

const spendingReached = (
  db: Database,
  party: Party,
  claim: Claim,
  { server }: Limits,
  at: number
): NoRoom | undefined => {
  for (const bucket of bucketsOf(party, server)) {
    const asked = claim.spends.flatMap((spend) => {
      const count = spend.counts.find(({ bucket: name, scope }) => name === bucket.bucket && scope === bucket.scope)
      return count === undefined ? [] : [{ spend, rate: count.rate, units: unitsOf(spend.amount, count.rate) }]
    })
    if (asked.length === 0) continue
    const reached = (window: Window, asked: bigint, limit: bigint, used: bigint): NoRoom => {
      const left = limit > used ? limit - used : 0n
      const availableAt = window === "order" ? undefined : roomAt(db, party, bucket, window, at, used + asked - limit)
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
        const units = unitsOf(D.format(D.sum(D.decimal(spend.amount), raisedAmount(db, spend))), rate)
        if (spend.kind === "order" && units > single) return reached("order", units, single, 0n)
      }
    const sum = asked.reduce((total, { units }) => total + units, 0n)
    for (const window of rolling) {
      const limit = limitOf(bucket.max, window)
      if (limit === undefined) continue
      const used = usedSince(db, party, bucket, sinceOf(window, at))
      if (used + sum > limit) return reached(window, sum, limit, used)
    }
  }
  return undefined
}

/** The amount of the order that an amendment raises. */
const raisedAmount = (db: Database, { raises }: Spend): D.Decimal => {
  if (raises === undefined) return D.zero
  const amount = statement(db, "SELECT amount FROM spends WHERE seq = ? AND n = ?").pluck().get(raises.intent, raises.n)
  return D.decimal(amount === undefined ? "0" : String(amount))
}

/** Uses that are looked at to find out when there is room. */
const mostUses = 1000

/** The time at which `needed` units have left a window. Undefined if open writes hold them, or a window has no end. */
const roomAt = (
  db: Database,
  { account, key }: Party,
  { bucket, scope }: Bucket,
  window: RollingWindow,
  at: number,
  needed: bigint
): number | undefined => {
  if (window === "total") return undefined
  const uses = statement(
    db,
    `SELECT at, units FROM uses WHERE scope = ? AND key = ? AND account = ? AND bucket = ? AND at > ? AND at < ${whileOpen}
     ORDER BY at LIMIT ${mostUses}`
  )
    .safeIntegers()
    .all(scope, key, account, bucket, sinceOf(window, at)) as ReadonlyArray<{
    readonly at: bigint
    readonly units: bigint
  }>
  let freed = 0n
  for (const use of uses) {
    freed += use.units
    if (freed >= needed) return Number(use.at) + spans[window]
  }
  return undefined
}

/** Reads what a caller has used of its limits. */
export const usageOf = (db: Database, now: Now, party: Party, limits: Limits): Usage => {
  const at = windowTime(db, now, party, limits)
  const terms = Option.getOrUndefined(party.mandate)?.terms
  const subject = subjectOf(party)
  const stopped = frozen(db, party)
  const assets =
    subject === undefined
      ? []
      : (statement(db, "SELECT asset FROM holdings WHERE scope = ? AND key = ? AND account = ?")
          .pluck()
          .all(subject, party.key, party.account) as ReadonlyArray<string>)
  const given =
    terms === undefined ? [] : [...Object.keys(terms.grants), ...(terms.capital ? [terms.capital.asset] : [])]
  return {
    ...(terms !== undefined && { terms }),
    limits: bucketsOf(party, limits.server).flatMap((bucket) =>
      rolling.flatMap((window) => usageIn(db, party, bucket, window, at))
    ),
    owned: Object.fromEntries(
      subject === undefined
        ? []
        : [...new Set([...given, ...assets])].toSorted().map((asset) => [asset, ownership(db, party, subject, asset)])
    ),
    openOrders: subject === undefined ? 0 : openOrders(db, party, subject),
    writes: recentWrites(db, now, party, terms?.rate ?? 1000).length,
    ...(stopped !== undefined && { frozen: stopped })
  }
}

const ownership = (db: Database, party: Party, subject: string, asset: string): Owned => {
  const { owned, reserved } = ownedOf(db, party, subject, asset)
  return { amount: D.format(owned), reserved: D.format(reserved) }
}

const usageIn = (
  db: Database,
  party: Party,
  bucket: Bucket,
  window: RollingWindow,
  at: number
): ReadonlyArray<LimitUsage> => {
  const limit = limitOf(bucket.max, window)
  if (limit === undefined) return []
  const used = usedSince(db, party, bucket, sinceOf(window, at))
  const availableAt = used === 0n ? undefined : roomAt(db, party, bucket, window, at, 1n)
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

const decodeTerms = Schema.decodeUnknownEither(Schema.parseJson(SpentOrder))

/** Reads the open spends of a caller, or of all callers of its account, oldest first. */
export const openSpendsOf = (db: Database, party: Party, scope: "own" | "everyone"): ReadonlyArray<OpenSpend> => {
  const rows = statement(
    db,
    `SELECT s.seq, s.n, s.kind, s.at, s.asset, s.amount, s.gets, s.counts, s.terms, s.txid, s.parent_n, s.paid, s.got,
       s.open_orders, p.txid AS parent_txid, i.state
     FROM spends s JOIN intents i USING (seq) LEFT JOIN spends p ON s.parent_n = p.n AND s.seq = p.seq
     WHERE s.key = @key AND s.account = @account AND s.state = 'open' AND s.of_seq IS NULL
       AND (@subject IS NULL OR s.subject = @subject) ORDER BY s.seq, s.n`
  ).all({
    key: party.key,
    account: party.account,
    subject: scope === "everyone" ? null : (subjectOf(party) ?? "")
  }) as ReadonlyArray<OpenRow>
  return rows.map(({ counts, gets, open_orders, parent_n, parent_txid, state, terms, txid, ...row }) => ({
    ...row,
    counts: countsOf({ seq: row.seq, counts }),
    open: open_orders,
    ...(gets !== null && { gets }),
    ...(terms !== null && { order: readable(row.seq, decodeTerms(terms)) }),
    ...(parent_n !== null && { parent: parent_n }),
    ...(parent_txid !== null && { parentTxid: parent_txid }),
    ...(txid !== null && { txid }),
    isUndecided: state === "open" || state === "unknown"
  }))
}

interface OpenRow extends Pick<OpenSpend, "amount" | "asset" | "at" | "got" | "kind" | "n" | "paid" | "seq"> {
  readonly gets: string | null
  readonly counts: string
  readonly terms: string | null
  readonly txid: string | null
  readonly parent_n: number | null
  readonly parent_txid: string | null
  readonly open_orders: number
  readonly state: string
}

/** Selects the ids, of Kraken or of ours, that belong to orders of a caller's mandate. */
export const ownIds = (db: Database, party: Party, ids: ReadonlyArray<string>): ReadonlySet<string> => {
  const { account, key } = party
  const own = statement(
    db,
    `SELECT 1 FROM spends WHERE txid = @id AND key = @key AND account = @account AND subject = @subject
     UNION ALL
     SELECT 1 FROM spends WHERE cl_ord_id = @id AND key = @key AND account = @account AND subject = @subject LIMIT 1`
  )
  const subject = subjectOf(party)
  return new Set(subject === undefined ? [] : ids.filter((id) => own.get({ id, key, account, subject }) !== undefined))
}
