import { Schema } from "effect"
import { maybe, numeric, optionalText } from "../endpoints/results.ts"
import * as D from "../numbers/decimal.ts"
import { readAmount } from "./amounts.ts"

/**
 * The fields of a listed order that show its owner and what it took.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-open-orders read 2026-08-17
 */
export const FilledRow = Schema.Struct({
  refid: optionalText,
  cl_ord_id: optionalText,
  status: Schema.String,
  opentm: numeric,
  closetm: numeric,
  descr: Schema.Struct({ pair: Schema.String, type: Schema.String }),
  vol: numeric,
  vol_exec: numeric,
  cost: numeric,
  fee: numeric,
  oflags: optionalText,
  trades: maybe(Schema.Array(Schema.String))
})
export type FilledRow = typeof FilledRow.Type

/**
 * The fields of a fill that show what it took.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-trade-history read 2026-08-17
 */
export const FillRow = Schema.Struct({
  ordertxid: optionalText,
  time: numeric,
  vol: numeric,
  cost: numeric,
  fee: numeric
})
export type FillRow = typeof FillRow.Type

type Side = "buy" | "sell"

/** Amounts that were traded: `volume` in the base of the pair, `cost` in its quote, and the fee. */
interface Traded {
  readonly volume: D.Decimal
  readonly cost: D.Decimal
  /** In the quote, also if it was charged in the base. */
  readonly fee: D.Decimal
}

/** A fill. Its time is in Unix milliseconds, rounded up. */
export interface Fill extends Traded {
  readonly at: number
}

/** An order with what was filled of it. Times are Unix milliseconds. */
export interface FilledOrder extends Traded {
  readonly txid: string
  readonly side: Side
  /** The asset in which fees are charged. `either`: it is not known, and each amount is taken at its worst. */
  readonly feeIn: "base" | "quote" | "either"
  /** The volume that was ordered. `volume` is the part that was filled. */
  readonly ordered: D.Decimal
  /** True if no further fill is possible. */
  readonly isClosed: boolean
  /** False if it ended by a cancel or by its time. */
  readonly isComplete: boolean
  /** Absent if Kraken does not show it. */
  readonly openedAt?: number
  readonly closedAt?: number
  /** The ids of its fills, as far as Kraken shows them. */
  readonly fillIds: ReadonlyArray<string>
}

/** States in which an order can't be filled any more. */
const ended: ReadonlyArray<string> = ["closed", "canceled", "expired"]

/** Reads an order. Undefined if a number is missing or unreadable: such an order takes its bound. */
export const readOrder = (txid: string, row: FilledRow): FilledOrder | undefined => {
  const { closetm, cost, descr, fee, oflags = "", opentm, status, trades = [], vol, vol_exec } = row
  const flags = oflags.split(",")
  const traded = readTraded(vol_exec, cost, fee)
  const ordered = amount(vol)
  const side = sideOf(descr.type)
  // A volume in the quote: no order that counts is sent so.
  if (flags.includes("viqc") || side === undefined || traded === undefined || ordered === undefined) return undefined
  const [openedAt, closedAt] = [time(opentm), time(closetm)]
  return {
    ...traded,
    txid,
    side,
    feeIn: flags.includes("fcib") ? "base" : "quote",
    ordered,
    isClosed: ended.includes(status),
    isComplete: status === "closed",
    ...(openedAt !== undefined && { openedAt }),
    ...(closedAt !== undefined && { closedAt }),
    fillIds: trades
  }
}

/** Reads a fill. Undefined if a number is missing or unreadable. */
export const readFill = (row: FillRow): Fill | undefined => {
  const [traded, at] = [readTraded(row.vol, row.cost, row.fee), time(row.time)]
  return traded === undefined || at === undefined ? undefined : { ...traded, at }
}

/**
 * Makes the order of all these fills, which Kraken does not list any more. Undefined unless they are the whole of
 * `ordered`, since another part might still be open.
 */
export const orderOfFills = (
  txid: string,
  side: Side,
  ordered: D.Decimal,
  fills: ReadonlyArray<Fill>
): FilledOrder | undefined => {
  const add = (field: keyof Traded) => fills.reduce((sum, fill) => D.sum(sum, fill[field]), D.zero)
  const volume = add("volume")
  return D.isZero(volume) || !D.equals(volume, ordered)
    ? undefined
    : {
        txid,
        side,
        feeIn: "either",
        ordered,
        volume,
        cost: add("cost"),
        fee: add("fee"),
        isClosed: true,
        isComplete: true,
        closedAt: Math.max(...fills.map(({ at }) => at)),
        fillIds: []
      }
}

const readTraded = (...fields: readonly [vol: Shown, cost: Shown, fee: Shown]): Traded | undefined => {
  const [volume, cost, fee] = fields.map(amount)
  return volume === undefined || cost === undefined || fee === undefined ? undefined : { volume, cost, fee }
}

/** A number as Kraken shows it. */
type Shown = string | number | undefined

const sideOf = (type: string): Side | undefined => (type === "buy" || type === "sell" ? type : undefined)

/** Reads an amount. A JSON number of less than 10^-6 is printed with an exponent. */
const amount = (value: Shown): D.Decimal | undefined => {
  const number = value === undefined || value === "" ? undefined : D.parse(String(value))
  return number === undefined ? undefined : readAmount(D.format(number))
}

/** Reads Unix seconds, rounded up to milliseconds: a fill never counts shorter than it should. */
const time = (value: Shown): number | undefined => {
  const millis = Math.ceil(Number(value ?? 0) * 1000)
  return millis > 0 && Number.isSafeInteger(millis) ? millis : undefined
}
