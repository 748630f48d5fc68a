import { Predicate } from "effect"
import { isShallow } from "../wire/depth.ts"

/** One row of data: its numbers are text with the digits that Kraken sent. */
export type Row = { readonly [field: string]: unknown }

/** A message of Kraken's WebSocket v2. */
export type Message =
  | { readonly _tag: "Heartbeat" }
  | { readonly _tag: "Pong" }
  /** The answer to `subscribe` or `unsubscribe`. */
  | {
      readonly _tag: "Acknowledged"
      readonly method: string
      readonly requestId: number | undefined
      /** Kraken's reason. Undefined if the request was carried out. */
      readonly error: string | undefined
    }
  | {
      readonly _tag: "Data"
      readonly channel: string
      readonly isSnapshot: boolean
      readonly rows: ReadonlyArray<Row>
      /** The number of the message in its subscription. Only private channels have one. */
      readonly sequence: number | undefined
    }
  /** Text that is no JSON, or a message of an unknown form. */
  | { readonly _tag: "Unreadable" }

const unreadable = { _tag: "Unreadable" } as const

/** A number that is the value of a field. Inside a string, the quotes around the name would be escaped. */
const numberOfField = /("\w+"\s*:\s*)(-?\d[\d.eE+-]*)/g

/**
 * Reads a message. Every number that is the value of a field becomes the text of its digits, also its trailing zeros,
 * which the checksum of a book needs.
 *
 * @see https://docs.kraken.com/exchange/guides/websockets/introduction read 2026-11-29
 */
export const readMessage = (text: string): Message => {
  const value = parse(text)
  if (!Predicate.isRecord(value)) return unreadable
  const { channel, method } = value
  if (channel === "heartbeat") return { _tag: "Heartbeat" }
  if (method === "pong") return { _tag: "Pong" }
  if (typeof channel === "string") return dataOf(channel, value)
  // Kraken answers a request that it can't read with an error and no method.
  if (typeof method !== "string" && typeof value["error"] !== "string") return unreadable
  return {
    _tag: "Acknowledged",
    method: typeof method === "string" ? method : "",
    requestId: wholeNumber(value["req_id"]),
    error: value["success"] === true ? undefined : textOf(value["error"])
  }
}

const parse = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text.replace(numberOfField, '$1"$2"'))
    return isShallow(text, value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The channel `instrument` has one object in place of rows. */
const dataOf = (channel: string, { data, sequence, type }: Row): Message => {
  const rows = channel === "instrument" && Predicate.isRecord(data) ? [data] : data
  return Array.isArray(rows) && rows.every(Predicate.isRecord)
    ? { _tag: "Data", channel, isSnapshot: type === "snapshot", rows, sequence: wholeNumber(sequence) }
    : unreadable
}

const textOf = (error: unknown): string => (typeof error === "string" ? error.slice(0, 200) : "no reason given")

/** Reads a whole number that was made text. Undefined if it is none. */
export const wholeNumber = (value: unknown): number | undefined => {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : undefined
  return number
}
