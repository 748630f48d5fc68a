import { Array as Arr } from "effect"
import type { Directory } from "../assets/model.ts"
import * as D from "../numbers/decimal.ts"
import { walletOf } from "./families.ts"

/** An entry of the ledger as Kraken sends it. */
export interface LedgerRow {
  readonly refid?: string
  readonly time: string | number
  readonly type: string
  readonly subtype?: string
  readonly asset: string
  readonly amount: string | number
  readonly fee?: string | number
  readonly balance?: string | number
}

/** An entry of the ledger with exact amounts. The balance changes by amount - fee. */
export interface Entry {
  readonly refid: string
  /** Unix seconds. */
  readonly time: number
  readonly type: string
  readonly subtype: string
  /** Kraken's id of the balance, such as `XBT.F`. */
  readonly wallet: string
  /** The display name of the asset, such as `BTC`. */
  readonly asset: string
  readonly amount: D.Decimal
  readonly fee: D.Decimal
  readonly balance: D.Decimal | undefined
}

/** The meaning of an entry, or of the entries of one exchange. Amounts are those of the account: in is above zero. */
export type Event =
  | { readonly kind: "exchange"; readonly time: number; readonly legs: ReadonlyArray<Leg> }
  | ({ readonly kind: Single; readonly time: number } & Leg)
  /** An amount moves between balances of one asset. Only its fee leaves. */
  | ({ readonly kind: "move"; readonly time: number } & Leg)

/**
 * `flow` is a deposit, a withdrawal or a transfer, `reward` is earned, and `result` is the gain, loss or cost of a margin
 * position.
 */
export type Single = "flow" | "reward" | "result"

/** The part of an event in one asset. */
export interface Leg {
  readonly asset: string
  readonly amount: D.Decimal
  readonly fee: D.Decimal
}

const amountOf = (value: string | number | undefined): D.Decimal => D.parse(String(value ?? 0)) ?? D.zero

/**
 * Reads entries, which come newest first as Kraken lists them, and sorts them by time, oldest first. An entry read twice
 * counts once.
 */
export const readEntries = (
  rows: Iterable<readonly [id: string, row: LedgerRow]>,
  directory: Pick<Directory, "findAsset">
): ReadonlyArray<Entry> =>
  [...new Map(rows)]
    .map(([id, row]) => ({
      refid: row.refid ?? id,
      time: Number(row.time),
      type: row.type,
      subtype: row.subtype ?? "",
      wallet: row.asset,
      asset: walletOf(directory, row.asset).asset,
      amount: amountOf(row.amount),
      fee: amountOf(row.fee),
      balance: row.balance === undefined ? undefined : amountOf(row.balance)
    }))
    .toReversed()
    .toSorted((a, b) => a.time - b.time)

/**
 * Types of entries that exchange one asset for another.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-ledgers read 2026-08-17
 */
const exchanging = new Set(["trade", "spend", "receive", "sale", "conversion", "settled", "margin"])

const rewarding = new Set(["staking", "reward", "dividend", "nft_rebate", "nftrebate", "nftcreatorfee"])

const resulting = new Set(["margin", "rollover", "settled"])

/** Subtypes of transfers between balances of one asset. Other transfers leave the spot balance, or come into it. */
const moving = /stak|earn|alloc|migration|bonding/i

/**
 * Converts entries to events, oldest first. The entries of an exchange have one refid. Entries with one refid that cancel
 * each other out in one asset are a move: an allocation, or a withdrawal that came back.
 */
export const eventsOf = (entries: ReadonlyArray<Entry>): ReadonlyArray<Event> => {
  const groups = Arr.groupBy(entries, ({ refid }) => refid)
  return entries.flatMap((entry): ReadonlyArray<Event> => {
    const group = groups[entry.refid] ?? [entry]
    const { time } = entry
    const swapped = group.filter(({ type }) => exchanging.has(type))
    if (exchanging.has(entry.type) && isExchange(swapped))
      return entry === swapped[0] ? [{ kind: "exchange", time, legs: legsOf(swapped) }] : []
    const { amount, asset, fee } = entry
    return [{ kind: isMove(entry, group) ? "move" : singleOf(entry), time, asset, amount, fee }]
  })
}

const netOf = ({ amount, fee }: Leg): D.Decimal => D.subtract(amount, fee)

/** Adds up the entries of an exchange by asset. */
const legsOf = (entries: ReadonlyArray<Entry>): ReadonlyArray<Leg> =>
  Object.entries(Arr.groupBy(entries, ({ asset }) => asset)).map(([asset, those]) => ({
    asset,
    amount: D.total(those.map(({ amount }) => amount)),
    fee: D.total(those.map(({ fee }) => fee))
  }))

const isExchange = (entries: ReadonlyArray<Entry>): boolean => {
  const nets = legsOf(entries).map(netOf)
  return nets.some(D.isPositive) && nets.some(D.isNegative)
}

const isMove = ({ amount, asset, subtype, type }: Entry, group: ReadonlyArray<Entry>): boolean => {
  if (type === "earn") return !/reward/i.test(subtype)
  if (type === "transfer" && moving.test(subtype)) return true
  const same = group.filter((other) => other.asset === asset)
  return same.length > 1 && !D.isZero(amount) && D.isZero(D.total(same.map((other) => other.amount)))
}

const singleOf = ({ type }: Entry): Single =>
  type === "earn" || rewarding.has(type) ? "reward" : resulting.has(type) ? "result" : "flow"

/** The entries that were read, and the balances with which they begin. */
export interface History {
  readonly events: ReadonlyArray<Event>
  /** Amounts by asset before the first event, also those between two balances. */
  readonly opening: ReadonlyMap<string, D.Decimal>
  /** Amounts by asset after the last event. */
  readonly closing: ReadonlyMap<string, D.Decimal>
  /** Unix seconds after which all entries are known. Undefined if all entries ever made are known. */
  readonly from: number | undefined
  /** Assets whose balance now is not that of the newest entry. */
  readonly differing: ReadonlyArray<string>
}

/**
 * Makes a history of entries, and of the balances now by Kraken's ids. Amounts that are on their way between two balances
 * of one asset count as held.
 */
export const historyOf = (
  entries: ReadonlyArray<Entry>,
  balances: Readonly<Record<string, D.Decimal>>,
  from: number | undefined,
  directory: Pick<Directory, "findAsset">
): History => {
  const newest = new Map(entries.map((entry) => [entry.wallet, entry]))
  const wallets = new Set([...Object.keys(balances), ...newest.keys()])
  const closing = new Map<string, D.Decimal>()
  const differing = new Set<string>()
  for (const id of wallets) {
    const { asset } = walletOf(directory, id)
    const now = balances[id]
    const last = newest.get(id)?.balance
    if (last !== undefined && !D.equals(last, now ?? D.zero)) differing.add(asset)
    add(closing, asset, last ?? now ?? D.zero)
  }
  const events = eventsOf(entries)
  // Halves of moves whose other half is not among the entries.
  const halves = new Map<string, D.Decimal>()
  for (const event of events) if (event.kind === "move") add(halves, event.asset, event.amount)
  for (const [asset, amount] of halves) if (D.isNegative(amount)) add(closing, asset, D.negate(amount))
  const opening = new Map(closing)
  for (const { amount, asset, fee } of entries) add(opening, asset, D.subtract(fee, amount))
  for (const [asset, amount] of halves) add(opening, asset, amount)
  return { events, opening, closing, from, differing: [...differing] }
}

/** Adds an amount to the sum of an asset. */
export const add = (sums: Map<string, D.Decimal>, asset: string, amount: D.Decimal): void => {
  sums.set(asset, D.sum(sums.get(asset) ?? D.zero, amount))
}
