import { Duration, Effect, Option } from "effect"
import { UsageError } from "../kit/errors.ts"

const units: Record<string, Duration.DurationInput> = { s: "1 second", m: "1 minute", h: "1 hour", d: "1 day" }

/**
 * Parses `90d`, `12h`, `30m`, `45s` or bare seconds. None for any other text, for zero, and for more than a century.
 */
export const parseDuration = (text: string): Option.Option<Duration.Duration> => {
  const match = /^(\d{1,10})([smhd]?)$/.exec(text.trim().toLowerCase())
  if (match === null) return Option.none()
  const duration = Duration.times(units[match[2] === "" ? "s" : (match[2] ?? "s")] ?? 0, Number(match[1]))
  return Duration.greaterThan(duration, 0) && Duration.lessThanOrEqualTo(duration, "36525 days")
    ? Option.some(duration)
    : Option.none()
}

/** Parses the lifetime of a token. */
export const toLifetime = (text: string) =>
  Effect.mapError(
    parseDuration(text),
    () =>
      new UsageError({
        message: `--expires-in: expected a time above zero such as 90d, 12h, 30m, 45s or 3600 (seconds), got ${JSON.stringify(text)}`
      })
  )
