import { Either } from "effect"
import { isShort, tooLong } from "../../domain/numbers/numberText.ts"

/** A moment in Unix seconds, with the digits of its fraction. */
export interface Moment {
  readonly seconds: number
  /** Digits after the point. Empty for whole seconds. */
  readonly fraction: string
}

/** The side of a period that a time bounds. A date counts from its first moment as a start, and to its last as an end. */
export type Bound = "start" | "end"

/** A moment, or the reason why a text is none. */
type Read = Either.Either<Moment, string>

/** The first second of 2011, the year in which Kraken was founded. Times before it are mistakes. */
const earliest = 1_293_840_000

const day = 86_400

/** The conditions under which a time is read. */
export interface Reading {
  /** The time now, in Unix seconds. */
  readonly now: number
  readonly bound: Bound
  /** True for a time that can lie ahead. A start of a search that lies ahead would only give an empty answer. */
  readonly canBeAhead?: boolean
  /** The end of the list of forms in a refusal. */
  readonly others?: string
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: day, w: 7 * day }

/** The form in which messages show a time. */
const example = "Unix seconds, ISO 8601 such as 2026-09-21T09:15:02Z"

/**
 * Reads a time: Unix seconds, ISO 8601 with a zone, a date (UTC), `now`, `today`, `yesterday`, or a time before now
 * such as `-30d`, `-2w`, `12h ago` or `15m`.
 *
 * Fails with the reason and what to write instead: for milliseconds, a time without a zone, a day that no month has,
 * and times before Kraken existed or far in the future.
 */
export const readTime = (given: string, reading: Reading): Read => {
  const { bound, now, others = "today, yesterday or -30d" } = reading
  const text = given.trim()
  if (!isShort(text)) return Either.left(tooLong(text))
  const moment = numeric(text) ?? relative(text, now) ?? named(text, now, bound) ?? iso(text, bound)
  if (moment === undefined) return Either.left(`must be ${example}, ${others}, got ${JSON.stringify(given)}`)
  return Either.flatMap(moment, (moment) => {
    const fault = rangeFault(moment, text, reading)
    return fault === undefined ? Either.right(moment) : Either.left(fault)
  })
}

/** Converts a duration such as `+2h` or `2h` to seconds, `+7200`. Undefined for other text, and for `M`. */
export const secondsAhead = (text: string): string | undefined => {
  const [, count = "", unit = ""] = /^\+?(\d{1,9})\s?([smhdw])$/i.exec(text.trim()) ?? []
  return count === "" || unit === "M" ? undefined : `+${Number(count) * (units[unit.toLowerCase()] ?? 1)}`
}

const numeric = (text: string): Read | undefined => {
  const [, seconds = "", fraction = ""] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  if (seconds === "") return undefined
  if (seconds.length === 4) return Either.left(`${text} is a year: write a date such as ${seconds}-01-01`)
  const unit = finerUnit(seconds)
  return unit === undefined
    ? Either.right({ seconds: Number(seconds), fraction })
    : Either.left(`${text} is in ${unit.name}: write ${seconds.slice(0, -unit.digits)}, in seconds`)
}

/** Recognises milli-, micro- and nanoseconds: read as seconds, they would be years after 5138. */
const finerUnit = ({ length }: string) => {
  if (length < 12) return undefined
  if (length < 15) return { name: "milliseconds", digits: 3 }
  return length < 18 ? { name: "microseconds", digits: 6 } : { name: "nanoseconds", digits: 9 }
}

const relative = (text: string, now: number): Read | undefined => {
  const [, given = "", count = "", unit = ""] = /^([-+]?)(\d{1,9})\s?([smhdw])(?: ago)?$/i.exec(text) ?? []
  // A time that is searched for lies in the past, also without a sign. The times of orders have been read before.
  const sign = given === "" && count !== "" ? "-" : given
  // Candles and charts write months so.
  if (unit === "M")
    return Either.left(
      `${text} could be minutes or months: write ${sign}${count}m for minutes, or days such as ${sign}30d`
    )
  if (sign !== "-") return undefined
  return Either.right(whole(Math.floor(now) - Number(count) * (units[unit.toLowerCase()] ?? 1)))
}

const named = (text: string, now: number, bound: Bound): Read | undefined => {
  const today = Math.floor(now / day) * day
  switch (text.toLowerCase()) {
    case "now":
      return Either.right(whole(Math.floor(now)))
    case "today":
      return Either.right(dayOf(today, bound))
    case "yesterday":
      return Either.right(dayOf(today - day, bound))
    default:
      return undefined
  }
}

const isoForm =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?$/i

const iso = (text: string, bound: Bound): Read | undefined => {
  const parts = isoForm.exec(text)
  if (parts === null) return undefined
  const [, year, month, date, hour, minute, second = "00", fraction = "", zone] = parts
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(date))
  if (new Date(midnight).toISOString().slice(0, 10) !== `${year}-${month}-${date}`)
    return Either.left(`${text} is not a day of the calendar`)
  if (hour === undefined) return Either.right(dayOf(midnight / 1000, bound))
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return Either.left(`${text} is not a time of day: 00:00:00 to 23:59:59`)
  if (zone === undefined) {
    const time = `${text.slice(0, 10)}T${text.slice(11)}`
    return Either.left(`${text} has no time zone: write ${time}Z for UTC, or ${time}+02:00 for another zone`)
  }
  const offset = offsetOf(zone)
  if (Math.abs(offset) > widestOffset)
    return Either.left(`${text} has a time zone that does not exist: write Z for UTC`)
  const clock = Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  return Either.right({ seconds: midnight / 1000 + clock - offset, fraction })
}

/** The offset of the zones that are the farthest from UTC, in seconds. */
const widestOffset = 14 * 3600

/** Reads the offset of a zone from UTC, in seconds. */
const offsetOf = (zone: string): number => {
  const [, sign, hours = "0", minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? []
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
}

const whole = (seconds: number): Moment => ({ seconds, fraction: "" })

/** Returns a day's first second, or as an end the last moment that it has. */
const dayOf = (midnight: number, bound: Bound): Moment =>
  bound === "start" ? whole(midnight) : { seconds: midnight + day - 1, fraction: "999999" }

const rangeFault = ({ seconds }: Moment, text: string, reading: Reading): string | undefined => {
  const { bound, now } = reading
  const ahead = (reading.canBeAhead ?? bound === "end") ? 366 * day : day
  if (seconds === 0 && bound === "start") return undefined
  if (seconds < earliest) {
    const all = bound === "start" ? "; 0 means from the beginning" : ""
    return `${text} is before 2011, when Kraken began${all}`
  }
  // A clock that stands before Kraken began is wrong, so nothing is measured against it.
  if (now < earliest || seconds <= now + ahead) return undefined
  return `${text} is in the future: it is ${isoText(whole(Math.floor(now)))} now`
}

/**
 * Writes a moment as whole Unix seconds. Kraken's starts are exclusive and its ends inclusive, so a start is rounded
 * down and an end up: the period never loses a part.
 */
export const unixText = ({ fraction, seconds }: Moment, bound: Bound): string =>
  String(bound === "end" && /[1-9]/.test(fraction) ? seconds + 1 : seconds)

/** Writes a moment as ISO 8601 in UTC, with all its digits. */
export const isoText = ({ fraction, seconds }: Moment): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction === "" ? "" : `.${fraction}`}Z`

/** The forms in which Kraken sends a time: Unix seconds with or without a fraction, or nanoseconds. */
const unixForm = /^(\d{1,11})(?:\.(\d+))?$/
const nanoseconds = /^(\d{10})(\d{9})$/

/** Writes a time of Kraken's as ISO 8601 in UTC, with all its digits. Text in another form is returned unchanged. */
export const isoOf = (time: string | number): string => {
  const text = String(time)
  const [, seconds, fraction = ""] = unixForm.exec(text) ?? nanoseconds.exec(text) ?? []
  return seconds === undefined ? text : isoText({ seconds: Number(seconds), fraction: fraction.replace(/0+$/, "") })
}

/** Writes a time of Kraken's as ISO 8601 in UTC, in whole seconds. */
export const isoSeconds = (time: string | number): string => isoOf(time).replace(/\.\d+Z$/, "Z")
