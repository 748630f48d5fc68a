import { isEndpoint } from "../../domain/endpoints/endpoints.ts"
import { html, refused, type Reply } from "./reply.ts"

/** A way in which a request fails. */
interface Kind {
  /** True if the request is executed nevertheless. */
  readonly done: boolean
  /** Reply instead of the answer. `cut` resets the connection without a reply. */
  readonly instead?: Reply | "cut"
  /** The part that is delayed by `seconds`, or wrong by them. */
  readonly late?: "answer" | "arrival" | "listing" | "date"
  readonly about: string
}

const answersError = (error: string): Kind => ({ done: false, instead: refused([error]), about: `answers ${error}` })

export const faultKinds = {
  "drop-before": { done: false, instead: "cut", about: "cuts the connection and does nothing" },
  "drop-after-accept": { done: true, instead: "cut", about: "executes the request, then cuts the connection" },
  delay: { done: true, late: "answer", about: "executes the request, and answers SECONDS later (30)" },
  "arrive-late": {
    done: false,
    instead: "cut",
    late: "arrival",
    about: "cuts the connection, and executes the request SECONDS later (30)"
  },
  "list-late": {
    done: true,
    instead: "cut",
    late: "listing",
    about: "executes the request, cuts the connection, and lists the result SECONDS later (30)"
  },
  "wrong-date": { done: true, late: "date", about: "answers with a `Date` that is SECONDS ahead (30)" },
  "html-502": {
    done: false,
    instead: html(502, "Bad gateway"),
    about: "answers with a proxy's error page and does nothing"
  },
  "rate-limit": answersError("EAPI:Rate limit exceeded"),
  "invalid-nonce": answersError("EAPI:Invalid nonce"),
  "service-unavailable": answersError("EService:Unavailable"),
  busy: answersError("EService:Busy"),
  lockout: answersError("EGeneral:Temporary lockout")
} satisfies Record<string, Kind>

export type FaultKind = keyof typeof faultKinds

/** Faults of the next updates of a WebSocket channel. */
export const channelFaultKinds = {
  drop: { about: "cuts the connection instead of sending the update" },
  gap: { about: "skips the update, and continues with the next one" },
  "wrong-checksum": { about: "sends the book with a checksum that does not match it" },
  duplicate: { about: "sends the update twice" },
  late: { about: "sends the update SECONDS later (30); later messages overtake it" },
  slow: { about: "sends the update SECONDS later (30), and delays all other messages of the connection" }
} satisfies Record<string, Pick<Kind, "about">>

export type ChannelFaultKind = keyof typeof channelFaultKinds

/** The channels of Kraken's WebSocket that the exchange serves and whose updates can fail. */
export const channels = ["ticker", "book", "trade", "ohlc", "instrument", "executions", "balances"] as const

export type Channel = (typeof channels)[number]

/** A fault configured for future requests. */
export interface Fault {
  /** `AddOrder`, `Earn/Allocate`, `Ticker`, or a channel such as `book`; `*` is any. */
  readonly endpoint: string
  readonly kind: FaultKind | ChannelFaultKind
  /** Delay or error in seconds. */
  readonly seconds: number
  /** Number of requests that the fault still applies to. */
  count: number
}

/** Reads a fault from its parts. Returns a sentence if a part is wrong. */
export const readFault = (parts: { readonly [name: string]: unknown }): Fault | string => {
  const { count = 1, endpoint, kind, seconds = 30, ...rest } = parts
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) return `A fault has no ${unknown}: endpoint, kind, count and seconds are all.`
  const name = String(endpoint)
  const known = name === "*" || isChannel(name) || isEndpoint(`public/${name}`) || isEndpoint(`private/${name}`)
  if (!known) return `${name} is no endpoint: say AddOrder, Earn/Allocate, Ticker, … or * for any.`
  const ofChannel = isChannel(name) || (name === "*" && isChannelKind(kind))
  if (ofChannel ? !isChannelKind(kind) : !isKind(kind))
    return `${String(kind)} is no fault: say ${Object.keys(ofChannel ? channelFaultKinds : faultKinds).join(", ")}.`
  if (!isKind(kind) && !isChannelKind(kind)) return `${String(kind)} is no fault.`
  if (kind === "wrong-checksum" && name !== "book") return "Only the channel book has a checksum."
  if (!inRange(count, 1, 1_000_000) || !Number.isInteger(Number(count))) return "count is a number from 1 to 1000000."
  if (!inRange(seconds, 0, 3600)) return "seconds is a number from 0 to 3600."
  return { endpoint: name, kind, count: Number(count), seconds: Number(seconds) }
}

/** Parses a fault such as `AddOrder=delay,seconds=20,count=2`. Returns a sentence if it is wrong. */
export const parseFault = (text: string): Fault | string => {
  const [, endpoint, kind, more] = /^([^=,]+)=([^=,]+)((?:,\w+=[^=,]+)*)$/.exec(text) ?? []
  if (endpoint === undefined) return `${text} is no fault: write ENDPOINT=KIND, or ENDPOINT=KIND,count=2,seconds=20.`
  const parts = Array.from(more!.matchAll(/,(\w+)=([^=,]+)/g), ([, name, value]) => [name, value] as const)
  return readFault({ ...Object.fromEntries(parts), endpoint, kind })
}

/** Takes the oldest fault that applies to an endpoint's next request, and counts it as used. */
export const takeFault = (
  faults: Array<Fault>,
  endpoint: string
): (Kind & { readonly seconds: number }) | undefined => {
  const fault = take(faults, endpoint, isKind)
  return fault === undefined ? undefined : { ...faultKinds[fault.kind], seconds: fault.seconds }
}

/** Takes the oldest fault that applies to a channel's next update, and counts it as used. */
export const takeChannelFault = (
  faults: Array<Fault>,
  channel: Channel
): { readonly kind: ChannelFaultKind; readonly seconds: number } | undefined => take(faults, channel, isChannelKind)

const take = <K>(faults: Array<Fault>, name: string, isOf: (kind: unknown) => kind is K) => {
  for (const [index, fault] of faults.entries()) {
    const { kind, seconds } = fault
    if (!isOf(kind) || (fault.endpoint !== name && fault.endpoint !== "*")) continue
    fault.count--
    if (fault.count === 0) faults.splice(index, 1)
    return { kind, seconds }
  }
  return undefined
}

const isKind = (kind: unknown): kind is FaultKind => typeof kind === "string" && Object.hasOwn(faultKinds, kind)

const isChannelKind = (kind: unknown): kind is ChannelFaultKind =>
  typeof kind === "string" && Object.hasOwn(channelFaultKinds, kind)

export const isChannel = (name: unknown): name is Channel => channels.some((channel) => channel === name)

const inRange = (value: unknown, least: number, most: number): boolean =>
  (typeof value === "number" || (typeof value === "string" && value !== "")) &&
  Number(value) >= least &&
  Number(value) <= most
