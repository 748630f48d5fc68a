import { Duration } from "effect"
import type { Window } from "../../../domain/mandates/mandate.ts"
import { windows } from "../../../domain/mandates/mandateWords.ts"
import type { Limits } from "../../../services/Record.ts"
import type { Now } from "./now.ts"
import type { Party } from "./party.ts"
import { run, type Steps, value } from "../../storage/steps.ts"

/** A window that moves with time, or lasts as long as the mandate. */
export type RollingWindow = Exclude<Window, "order">

/** The lengths of the windows, in milliseconds. */
export const spans: Readonly<Record<RollingWindow, number>> = {
  hour: Duration.toMillis("1 hour"),
  day: Duration.toMillis("1 day"),
  week: Duration.toMillis("7 days"),
  month: Duration.toMillis("30 days"),
  total: Infinity
}

/** All of them, the shortest first. */
export const rolling = windows.filter((window): window is RollingWindow => window !== "order")

/**
 * The time by which windows are judged: our clock or Kraken's, whichever is less, and never less than it was. If either
 * jumps ahead, nothing leaves a window.
 */
export function* windowTime(now: Now, { key }: Party, limits: Limits): Steps<number> {
  const stored = yield* value("SELECT at FROM window_time WHERE key = ?", key)
  return Math.max(earlierTime(now, limits), stored === undefined ? 0 : Number(stored))
}

const earlierTime = ({ wall }: Now, { krakenTime = wall }: Limits): number => Math.min(wall, krakenTime)

/**
 * The time at which transfers count: Kraken's, and never before the time by which windows are judged. On a clock that is
 * behind, they would leave the windows at once.
 */
export function* countedTime(now: Now, party: Party, limits: Limits): Steps<number> {
  return Math.trunc(Math.max(yield* windowTime(now, party, limits), limits.krakenTime ?? now.wall))
}

/** Stores the time by which windows are judged. */
export function* storeWindowTime(now: Now, party: Party, limits: Limits): Steps<void> {
  yield* run(
    `INSERT INTO window_time AS w (key, at) VALUES (?, ?)
     ON CONFLICT (key) DO UPDATE SET at = excluded.at WHERE w.at < excluded.at`,
    party.key,
    Math.trunc(earlierTime(now, limits))
  )
}
