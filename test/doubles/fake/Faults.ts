import { type Reply, refused } from "./Wire.ts"

/** How one request goes wrong. What is left out goes as usual. */
export interface Fault {
  /** It is this long under way before Kraken sees it, in milliseconds; the caller may have gone by then. */
  readonly arrivesAfter?: number
  /** Kraken never sees it: no check, no nonce spent, nothing done. */
  readonly carriedOut?: false
  /** The answer of `instead` comes at once, while the request is still this long under way to Kraken, in milliseconds. */
  readonly straggles?: number
  /** Carried out at once, and answered this much later, in milliseconds. */
  readonly answersAfter?: number
  /**
   * What comes back in place of Kraken's answer. `drop`: the connection is cut without an answer. `unreachable`: there
   * never was a connection (in process only).
   */
  readonly instead?: Reply | "drop" | "unreachable"
  /** The `Date` of the answer is wrong by so much, in milliseconds. */
  readonly dateOff?: number
  /** What it makes is carried out at once, and listed only so much later, in milliseconds. */
  readonly listedAfter?: number
  /** Stands beside the result. */
  readonly warnings?: ReadonlyArray<string>
}

/** Whether Kraken does what was asked before the fault shows. */
type When = "before" | "after"

const instead = (reply: Reply | "drop", when: When): Fault =>
  when === "after" ? { instead: reply } : { instead: reply, carriedOut: false }

export const unreachable: Fault = { instead: "unreachable", carriedOut: false }
export const dropBefore: Fault = instead("drop", "before")
export const dropAfter: Fault = instead("drop", "after")
/** The caller hears of a fault, and Kraken carries the request out some time later. */
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

/** A page of the proxy in front of Kraken. */
export const html = (status = 502, when: When = "before"): Fault =>
  reply(status, "<!DOCTYPE html><html><body><h1>Bad gateway</h1></body></html>", { "content-type": "text/html" }, when)

/** HTTP 200 with half an answer. */
export const garbage = (when: When = "before"): Fault =>
  reply(200, `{"error":[],"result":{"un`, { "content-type": "application/json" }, when)

/** Kraken's own words, with HTTP 200. */
export const error = (codes: string | ReadonlyArray<string>, when: When = "before"): Fault =>
  instead(refused(typeof codes === "string" ? [codes] : codes), when)

export const invalidNonce: Fault = error("EAPI:Invalid nonce")

export const redirect = (location: string, status = 302): Fault => reply(status, "", { location })

export const tooManyRequests: Fault = reply(429, "error code: 1015", { "content-type": "text/plain" })
