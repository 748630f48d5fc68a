import { Clock, Effect } from "effect"
import { check } from "./fake/Checks.ts"
import type { Fault } from "./fake/Faults.ts"
import type { Call, Entry, Handler } from "./fake/Journal.ts"
import { keyInfo, type Key, makeKeys } from "./fake/Keys.ts"
import { assetPairs, assets } from "./fake/Market.ts"
import { makeOrders } from "./fake/Orders.ts"
import { bytes, type Fields, ok, Refusal, refused, type Reply, type WireRequest } from "./fake/Wire.ts"
import { makeWithdrawals } from "./fake/Withdrawals.ts"

/** A request that Kraken has received, or that was lost on its way. */
interface Seen {
  /** For example `private/AddOrder`. */
  readonly endpoint: string
  readonly request: WireRequest
  /** Name of the key. Undefined for public calls and if the check failed. */
  readonly key: string | undefined
  readonly nonce: bigint | undefined
  /** Query or body, without nonce and one-time password. */
  readonly params: Fields
  /** Unix milliseconds on Kraken's clock. */
  readonly at: number
  /** `done`, `lost`, or the codes of the refusal. */
  readonly outcome: string
  /** The end of the connection for the caller, unless it has gone by then. */
  readonly answer: Outcome
}

/** An answer, a connection that was cut, or one that was never established. */
export type Outcome = Reply | "drop" | "unreachable"

export type FakeKraken = ReturnType<typeof makeFakeKraken>

/**
 * Makes a fake of Kraken's HTTP API. It is written from Kraken's documentation and shares nothing with `src/`. It
 * checks signature, nonce, one-time password and permission, keeps orders and withdrawals, records requests, and
 * produces faults on command. It is called over real sockets (`fake/Serve.ts`) or in process (`fake/InProcess.ts`). Its
 * time is the test's Clock.
 */
export const makeFakeKraken = (options: { readonly lockoutAfter?: number } = {}) => {
  const keys = makeKeys()
  const journal: Array<Entry> = []
  const seen: Array<Seen> = []
  const faults = new Map<string, Array<Fault>>()
  const orders = makeOrders(journal)
  const withdrawals = makeWithdrawals(journal)
  const state = {
    /** Milliseconds by which Kraken's clock is ahead of ours. */
    skew: 0,
    /** Milliseconds by which the `Date` of answers is ahead of the engine's clock. */
    dateOff: 0,
    /** IP address from which calls come, as Kraken sees it. */
    address: "198.51.100.1",
    /** Spelling of the fields of `GetApiKeyInfo`. */
    spelling: "snake" as "snake" | "camel"
  }
  const handlers = new Map<string, Handler>(Object.entries(publicHandlers))
  for (const [name, handler] of Object.entries({ ...orders.handlers, ...withdrawals.handlers })) {
    handlers.set(`private/${name}`, handler)
  }
  handlers.set("private/Ledgers", () => ({ ledger: {}, count: 0 }))
  handlers.set("private/Balance", () => ({ ZUSD: "50000.0000", XXBT: "1.5000000000", "DOT.S": "40.1000000000" }))

  const result = (endpoint: string, key: Key | undefined, call: Call): unknown => {
    const handler = handlers.get(endpoint)
    if (handler !== undefined) return handler(call)
    if (endpoint === "private/GetApiKeyInfo" && key !== undefined) return keyInfo(key, state.spelling)
    throw new Refusal("EGeneral:Unknown method")
  }

  /** Checks a request and carries it out at once. */
  const carryOut = (request: WireRequest, now: number, { instead, listedAfter, warnings }: Fault): Reply => {
    const endpoint = endpointOf(request)
    const isPrivate = endpoint.startsWith("private/")
    const record = { endpoint, request, at: now }
    let checked: Partial<ReturnType<typeof check>> = { params: request.query }
    try {
      if (isPrivate) {
        const { address } = state
        checked = check(request, Object.values(keys), { now, address, lockoutAfter: options.lockoutAfter ?? Infinity })
      } else if (request.method !== "GET") throw new Refusal("EGeneral:Unknown method")
      const { key, nonce = 0n, params = {} } = checked
      const made = result(endpoint, key, { now, nonce, params, listedAfter })
      const reply = made instanceof Uint8Array ? bytes(made) : ok(made, warnings)
      seen.push({ ...record, key: key?.name, nonce, params, outcome: "done", answer: instead ?? reply })
      return reply
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { key, nonce, params = {} } = checked
      const reply = refused(error.codes)
      seen.push({ ...record, key: key?.name, nonce, params, outcome: error.message, answer: instead ?? reply })
      return reply
    }
  }

  /** Reads Kraken's clock, which follows the monotonic clock: setting our time of day does not move it. */
  const now = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1_000_000n) + state.skew)

  const handle = Effect.fnUntraced(function* (request: WireRequest) {
    const endpoint = endpointOf(request)
    const fault = faults.get(endpoint)?.shift() ?? faults.get("*")?.shift() ?? {}
    if (fault.arrivesAfter !== undefined) yield* Effect.sleep(fault.arrivesAfter)
    const at = yield* now
    const dateOff = state.dateOff + (fault.dateOff ?? 0)
    if (fault.carriedOut === false) {
      const nothing = { key: undefined, nonce: undefined, params: {} }
      seen.push({ endpoint, request, ...nothing, at, outcome: "lost", answer: fault.instead ?? "drop" })
    }
    if (fault.straggles !== undefined) {
      const instead = fault.instead ?? "drop"
      const late = Effect.map(now, (then) => carryOut(request, then, { ...fault, instead }))
      yield* Effect.forkDaemon(Effect.delay(late, fault.straggles))
      return dated(instead, at + dateOff)
    }
    const reply = fault.carriedOut === false ? undefined : carryOut(request, at, fault)
    if (fault.answersAfter !== undefined) yield* Effect.sleep(fault.answersAfter)
    return dated(fault.instead ?? reply ?? "drop", (yield* now) + dateOff)
  })

  return {
    keys,
    state,
    orders,
    withdrawals,
    /** Every accepted operation, oldest first. */
    journal: journal as ReadonlyArray<Entry>,
    /** Every request, oldest first, with those refused or lost. */
    seen: seen as ReadonlyArray<Seen>,
    /** Counts the requests to one endpoint, or to all. */
    count: (endpoint?: string) => seen.filter((one) => endpoint === undefined || one.endpoint === endpoint).length,
    /** Sets the `result` of an endpoint from now on, or a function that computes it from the call. */
    answer: (endpoint: string, result: unknown) => {
      handlers.set(endpoint, typeof result === "function" ? (call) => result(call) as unknown : () => result)
    },
    /** Makes the next requests to an endpoint (`*`: to any) fail, one fault for each request. */
    misbehave: (endpoint: string, ...next: ReadonlyArray<Fault>) => {
      faults.set(endpoint, [...(faults.get(endpoint) ?? []), ...next])
    },
    /** Handles one request. Must be forked, so that it runs to its end after the caller has gone. */
    handle,
    now
  }
}

const publicHandlers: Record<string, Handler> = {
  "public/Time": ({ now }) => ({ unixtime: Math.floor(now / 1000), rfc1123: new Date(now).toUTCString() }),
  "public/SystemStatus": ({ now }) => ({ status: "online", timestamp: new Date(now).toISOString() }),
  "public/Assets": () => assets,
  "public/AssetPairs": () => assetPairs
}

const endpointOf = ({ path }: WireRequest): string => path.replace("/0/", "")

const dated = (outcome: Outcome, now: number): Outcome =>
  typeof outcome === "string"
    ? outcome
    : { ...outcome, headers: { date: new Date(now).toUTCString(), ...outcome.headers } }
