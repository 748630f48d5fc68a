/** Formats epoch milliseconds as RFC 3339 to the second. */
export const iso = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}Z`

/** Formats epoch milliseconds as RFC 3339 to the microsecond. */
export const isoMicros = (millis: number): string => `${new Date(millis).toISOString().slice(0, 23)}000Z`

/** Formats epoch milliseconds as RFC 1123 with a two-digit year: `Mon, 20 Oct 25 22:40:00 +0000`. */
export const rfc1123 = (millis: number): string =>
  new Date(millis)
    .toUTCString()
    .replace(/ \d\d(\d\d) /, " $1 ")
    .replace("GMT", "+0000")

/** Converts epoch milliseconds to epoch nanoseconds, which a number can't hold exactly. */
export const nanos = (millis: number): bigint => BigInt(Math.round(millis * 1000)) * 1000n
