import type { Fields } from "./Wire.ts"

/** Something that Kraken has accepted and done. Nothing is ever removed, so that a test can count doubles. */
export interface Entry {
  readonly endpoint: string
  /** Unix milliseconds on Kraken's clock. */
  readonly at: number
  readonly nonce: bigint
  readonly params: Fields
  /** What came of it: order ids, an amend id, a reference id. */
  readonly ids: ReadonlyArray<string>
}

/** The facts of a request that a handler may need. */
export interface Call {
  readonly now: number
  readonly nonce: bigint
  readonly params: Fields
  /** What is made is listed only so much later, in milliseconds. */
  readonly listedAfter?: number | undefined
}

/** From when on lists show what a call makes: at once, even if the clock is set back, unless it is late. */
export const listedFrom = ({ listedAfter = 0, now }: Pick<Call, "listedAfter" | "now">): number =>
  listedAfter === 0 ? -Infinity : now + listedAfter

/** Answers one endpoint with its `result`, or throws a `Refusal`. Bytes are sent as they are. */
export type Handler = (call: Call) => unknown

/** A parameter as text; none if absent or empty. */
export const text = (params: Fields, name: string): string | undefined => {
  const value = params[name]
  return value === undefined || value === null || value === "" ? undefined : String(value)
}

export const isTrue = (params: Fields, name: string): boolean => text(params, name) === "true"

/** `O00001-XXXXX-XXXXXX`-like ids, in order. */
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

/** `0.01` with 8 places is `0.01000000`; text that is no plain number stays as it is. */
export const pad = (value: string | undefined, places: number): string => {
  if (value === undefined) return "0"
  if (!/^\d+(\.\d+)?$/.test(value)) return value
  const [whole = "0", decimals = ""] = value.split(".")
  return `${whole}.${decimals.padEnd(places, "0")}`
}
