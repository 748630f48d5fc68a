import { DateTime, Effect, Either, ParseResult, Schema } from "effect"
import type { Fault } from "../../domain/orders/fault.ts"
import { isShort } from "../../domain/numbers/numberText.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { inMinutes } from "./jsonSchema.ts"
import { type Bound, isoText, type Moment, type Reading, readTime, secondsAhead, unixText } from "./timeText.ts"

interface Options extends Partial<Pick<Reading, "bound" | "canBeAhead" | "others">> {
  /** Returns text that is not a time but is sent to Kraken, such as an id. */
  readonly otherwise?: (text: string) => string | undefined
  /** Default: Unix seconds. */
  readonly write?: (moment: Moment, given: string, bound: Bound) => string
}

/** Keeps the digits of a number that is already in Unix seconds. */
const unix = (moment: Moment, given: string, bound: Bound) =>
  /^\d+(\.\d+)?$/.test(given) ? given : unixText(moment, bound)

/**
 * Makes a field for a time. Every time that a tool takes is read by `readTime`, on Kraken's clock. A JSON number is
 * accepted too.
 */
const timeField = (description: string, { bound = "start", otherwise, write = unix, ...reading }: Options = {}) =>
  Schema.transformOrFail(Schema.Union(Schema.String, Schema.Number), Schema.String, {
    strict: true,
    decode: (given, _, ast) =>
      Effect.flatMap(KrakenClient, (kraken) =>
        Effect.flatMap(kraken.now, (now) => {
          const text = String(given).trim()
          const other = isShort(text) ? otherwise?.(text) : undefined
          if (other !== undefined) return ParseResult.succeed(other)
          return Either.match(readTime(text, { ...reading, bound, now: DateTime.toEpochMillis(now) / 1000 }), {
            onLeft: (fault) => ParseResult.fail(new ParseResult.Type(ast, given, fault)),
            onRight: (moment) => ParseResult.succeed(write(moment, text, bound))
          })
        })
      ),
    encode: (text) => ParseResult.succeed(text)
  }).annotations({ jsonSchema: { type: "string", description } })

/** Makes a field for a time, which is sent as Unix seconds. */
export const time = (description: string, bound: Bound = "start") => timeField(description, { bound })

/** Makes a field for a time, or for Kraken's own mark of a place in a list of trades, in nanoseconds. */
export const timeOrNanoseconds = (description: string) =>
  timeField(description, { otherwise: (text) => (/^\d{19}$/.test(text) ? text : undefined) })

/** Makes a field for a time that is sent as ISO 8601, with all its digits. */
export const isoTime = (description: string, bound: Bound = "start") =>
  timeField(description, { bound, write: (moment) => isoText(moment) })

/** Makes a field for a time of an order, which can be ahead of now: `+3600`, `+2h`. */
export const orderTime = (description: string, bound: Bound) =>
  timeField(description, {
    bound,
    canBeAhead: true,
    otherwise: (text) => (/^(0|\+\d{1,12}(\.\d{1,9})?)$/.test(text) ? text : secondsAhead(text)),
    others: "or +3600 for an hour from now"
  })

/**
 * The form of Kraken's ids of orders, trades and ledger entries.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-ledgers read 2026-08-17
 */
const krakenId = /^[A-Z0-9]{5,7}-[A-Z0-9]{5}-[A-Z0-9]{6}$/i

const timeOrId = (description: string, bound: Bound) =>
  timeField(description, {
    bound,
    otherwise: (text) => (krakenId.test(text) ? text.toUpperCase() : undefined),
    others: "today, yesterday, -30d or an id"
  })

export const start = timeOrId("After this: ISO 8601, Unix seconds, -30d or an id", "start")
export const end = timeOrId("Up to this; a date includes its day (UTC)", "end")

/** Names of fields that bound a period. */
const periods = [
  ["start", "end"],
  ["starttm", "endtm"],
  ["since", "until"],
  ["from_ts", "to_ts"],
  ["starttm", "expiretm"]
] as const

/**
 * Lists the periods of an input that have no length, or end before they start: their answer would be empty. Bounds that
 * are ids or relative are not compared.
 */
export const periodFaults = (input: object): ReadonlyArray<Fault> =>
  periods.flatMap(([from, to]) => {
    const [first, last] = [secondsOf(Object(input)[from]), secondsOf(Object(input)[to])]
    return first >= last && last > 0
      ? [{ path: from, fault: `must be before ${to}: ${utc(first)} is not before ${utc(last)}` }]
      : []
  })

/** Reads a decoded time, Unix seconds or ISO 8601. NaN for anything else. */
const secondsOf = (value: unknown): number => {
  if (typeof value !== "string") return Number.NaN
  return /^\d+(\.\d+)?$/.test(value) ? Number(value) : Date.parse(/^\d{4}-\d\d-\d\dT/.test(value) ? value : "") / 1000
}

const utc = (seconds: number): string => isoText({ seconds: Math.floor(seconds), fraction: "" })

/** The length of a candle in minutes. */
export const CandleInterval = inMinutes(
  Schema.Literal("1", "5", "15", "30", "60", "240", "1440", "10080", "21600").annotations({ description: "Minutes" })
)
