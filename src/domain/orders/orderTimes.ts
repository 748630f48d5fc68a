import { DateTime, Option } from "effect"
import type { Fault } from "./fault.ts"

/** The time on Kraken's clock. If it is unknown, only rules that do not depend on it are checked. */
export type Now = DateTime.Utc | undefined

/**
 * Lists the faults of `deadline`, until which the engine accepts the order. It must be 2 to 60 s ahead.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export const deadlineFaults = (deadline: string | undefined, now: Now): ReadonlyArray<Fault> => {
  if (deadline === undefined) return []
  const time = rfc3339.test(deadline) ? DateTime.make(deadline) : Option.none()
  if (Option.isNone(time))
    return one("deadline", `deadline ${deadline} is not an RFC 3339 time: write it like 2026-09-21T09:15:02Z`)
  if (now === undefined) return []
  const ahead = (time.value.epochMillis - now.epochMillis) / 1000
  if (ahead >= 2 && ahead <= 60) return []
  return one("deadline", `deadline ${deadline} is ${distance(ahead)}; Kraken takes 2 to 60 s: leave it out, it is set`)
}

/**
 * Lists the faults of an order's start and expiry times.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export const lifeFaults = (
  { expiretm, starttm, timeinforce }: Readonly<Partial<Record<"expiretm" | "starttm" | "timeinforce", string>>>,
  now: Now
): ReadonlyArray<Fault> => [
  ...(starttm !== undefined && !moment.test(starttm) ? one("starttm", noTime("starttm", starttm)) : []),
  ...(timeinforce === "GTD" && isNone(expiretm)
    ? one("expiretm", "expiretm is missing: timeinforce GTD needs it, in Unix seconds or like +3600")
    : []),
  ...(expiretm === undefined ? [] : expiryFaults(expiretm, now))
]

const expiryFaults = (expiretm: string, now: Now): ReadonlyArray<Fault> => {
  if (!moment.test(expiretm)) return one("expiretm", noTime("expiretm", expiretm))
  if (isNone(expiretm)) return []
  const ahead = secondsAhead(expiretm, now)
  if (ahead === undefined || (ahead >= 5 && ahead <= 31 * day)) return []
  const nearest = Math.min(Math.max(ahead, 5), 30 * day)
  return one("expiretm", `expiretm ${expiretm} is ${distance(ahead)}; Kraken takes 5 s to a month: use +${nearest}`)
}

const day = 86_400

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i

/** The form of a time: Unix seconds, or `+` and seconds from now. */
const moment = /^\+?\d{1,12}(\.\d{1,9})?$/

const noTime = (field: string, given: string) =>
  `${field} ${given} is not a time: use Unix seconds, or seconds from now like +3600`

const isNone = (text: string | undefined): boolean => text === undefined || Number(text) === 0

const secondsAhead = (text: string, now: Now): number | undefined =>
  text.startsWith("+") ? Number(text) : now && Number(text) - now.epochMillis / 1000

const distance = (seconds: number): string => {
  const rounded = Math.abs(Math.round(seconds * 1000) / 1000)
  return seconds < 0 ? `${rounded} s in the past` : `${rounded} s ahead`
}

const one = (path: string, fault: string): ReadonlyArray<Fault> => [{ path, fault }]
