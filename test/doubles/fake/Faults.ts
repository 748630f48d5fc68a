import { type Reply, refused } from "./Wire.ts"

/** A fault of one request. Absent fields mean normal behaviour. */
export interface Fault {
  /** Milliseconds before the request reaches Kraken. The caller can have gone by then. */
  readonly arrivesAfter?: number
  /** The request never reaches Kraken: no check, no nonce used, nothing done. */
  readonly carriedOut?: false
  /** Milliseconds before the request reaches Kraken, while the answer of `instead` comes at once. */
  readonly straggles?: number
  /** Milliseconds between carrying out and answering. */
  readonly answersAfter?: number
  /**
   * Result in place of Kraken's answer. `drop`: the connection is cut without an answer. `unreachable`: no connection
   * is established (in process only).
   */
  readonly instead?: Reply | "drop" | "unreachable"
  /** Milliseconds by which the `Date` of the answer is wrong. */
  readonly dateOff?: number
  /** Milliseconds before lists show what the request made. It is carried out at once. */
  readonly listedAfter?: number
  /** Warnings beside the result. */
  readonly warnings?: ReadonlyArray<string>
}

/** The fault comes before or after Kraken has carried the request out. */
type When = "before" | "after"

const instead = (reply: Reply | "drop", when: When): Fault =>
  when === "after" ? { instead: reply } : { instead: reply, carriedOut: false }

export const unreachable: Fault = { instead: "unreachable", carriedOut: false }
export const dropBefore: Fault = instead("drop", "before")
export const dropAfter: Fault = instead("drop", "after")
/** Makes a fault that the caller gets at once, while Kraken carries the request out later, in milliseconds. */
export const straggling = (millis: number, fault: Fault): Fault => {
  const { carriedOut: _, ...late } = fault
  return { ...late, straggles: millis }
}
export const delayBefore = (millis: number): Fault => ({ arrivesAfter: millis })
export const delayAfter = (millis: number): Fault => ({ answersAfter: millis })
export const wrongDate = (millis: number): Fault => ({ dateOff: millis })
export const listedLate = (millis: number, fault: Fault = {}): Fault => ({ ...fault, listedAfter: millis })
export const warning = (...warnings: ReadonlyArray<string>): Fault => ({ warnings })

export const reply = (status: number, body: string, headers: Record<string, string> = {}, when: When = "before") =>
  instead({ status, headers, body }, when)

/** Makes an answer that is an HTML page of the proxy in front of Kraken. */
export const html = (status = 502, when: When = "before"): Fault =>
  reply(status, "<!DOCTYPE html><html><body><h1>Bad gateway</h1></body></html>", { "content-type": "text/html" }, when)

/** Makes an answer that is HTTP 200 with truncated JSON. */
export const garbage = (when: When = "before"): Fault =>
  reply(200, `{"error":[],"result":{"un`, { "content-type": "application/json" }, when)

/** Makes an answer of Kraken's own error codes, with HTTP 200. */
export const error = (codes: string | ReadonlyArray<string>, when: When = "before"): Fault =>
  instead(refused(typeof codes === "string" ? [codes] : codes), when)

export const invalidNonce: Fault = error("EAPI:Invalid nonce")

export const redirect = (location: string, status = 302): Fault => reply(status, "", { location })

export const tooManyRequests: Fault = reply(429, "error code: 1015", { "content-type": "text/plain" })
