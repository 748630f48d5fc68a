import { DateTime, Option } from "effect"

/** Formats a time like Python's `isoformat()`: `2026-11-23T09:26:40.123000+00:00`. */
export const toIso = (time: DateTime.Utc): string => DateTime.formatIso(time).replace("Z", "000+00:00")

/** Parses a time. Returns the start of 1970 for any other text, so that a token that expires then is expired. */
export const fromIso = (text: string): DateTime.Utc =>
  Option.getOrElse(Option.map(DateTime.make(text), DateTime.toUtc), () => DateTime.unsafeMake(0))
