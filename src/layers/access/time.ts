import { DateTime, Option } from "effect"

/** As Python's `isoformat()` writes it: `2026-11-23T09:26:40.123000+00:00`. */
export const toIso = (time: DateTime.Utc): string => DateTime.formatIso(time).replace("Z", "000+00:00")

/** What can't be read is the beginning of time: a token that expires then is expired. */
export const fromIso = (text: string): DateTime.Utc =>
  Option.getOrElse(Option.map(DateTime.make(text), DateTime.toUtc), () => DateTime.unsafeMake(0))
