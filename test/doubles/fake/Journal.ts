import type { Fields } from "./Wire.ts"

/** An operation that Kraken has accepted and done. None is ever removed, so that a test can count duplicates. */
export interface Entry {
  readonly endpoint: string
  /** Unix milliseconds on Kraken's clock. */
  readonly at: number
  readonly nonce: bigint
  readonly params: Fields
  /** Ids that it made: order ids, an amend id, a reference id. */
  readonly ids: ReadonlyArray<string>
}

/** Facts of a request for its handler. */
export interface Call {
  readonly now: number
  readonly nonce: bigint
  readonly params: Fields
  /** Milliseconds before lists show what the call makes. */
  readonly listedAfter?: number | undefined
}

/**
 * Computes the time from which lists show what a call makes. It is -Infinity unless the listing is late,
 * so that a clock set back hides nothing.
 */
export const listedFrom = ({ listedAfter = 0, now }: Pick<Call, "listedAfter" | "now">): number =>
  listedAfter === 0 ? -Infinity : now + listedAfter

/** Answers one endpoint with its `result`, or throws a `Refusal`. Bytes are sent as they are. */
export type Handler = (call: Call) => unknown

/** Reads a parameter as text. Undefined if absent or empty. */
export const text = (params: Fields, name: string): string | undefined => {
  const value = params[name]
  return value === undefined || value === null || value === "" ? undefined : String(value)
}

export const isTrue = (params: Fields, name: string): boolean => text(params, name) === "true"

/** Makes a generator of ids like `O00001-XXXXX-XXXXXX`, in order. */
export const makeIds = (prefix: string, shape: ReadonlyArray<number>) => {
  let count = 0
  return () => {
    count += 1
    const size = shape.reduce((sum, length) => sum + length, 0)
    const digits = count.toString(36).toUpperCase().padStart(size, "A")
    let start = 0
    const groups = shape.map((length) => digits.slice(start, (start += length)))
    return prefix + groups.join("-")
  }
}

/**
 * Pads a number with zeros: `0.01` with 8 places becomes `0.01000000`. Returns text that is no plain number unchanged.
 */
export const pad = (value: string | undefined, places: number): string => {
  if (value === undefined) return "0"
  if (!/^\d+(\.\d+)?$/.test(value)) return value
  const [whole = "0", decimals = ""] = value.split(".")
  return `${whole}.${decimals.padEnd(places, "0")}`
}
