import { Effect, Random, Runtime, type Scope } from "effect"
import { type Message, readMessage, type Row } from "../../../domain/live/messages.ts"
import { clocks, type Reading, wasSet } from "../../../services/Clocks.ts"
import { escapeText } from "../../../domain/wire/escapeText.ts"
import type { FeedState } from "../../../services/MarketData.ts"
import { feedMessages, feedReconnects } from "../../metrics/instruments.ts"
import { FeedDown, type FeedSocket, openSocket } from "./feedSocket.ts"

/** A channel to subscribe to, with the parameters of `subscribe`. */
export interface Subscription {
  readonly key: string
  readonly params: { readonly channel: string; readonly [name: string]: unknown }
  /** True if Kraken sends the channel by itself: on each connection, and after each change. */
  readonly isAutomatic?: boolean | undefined
  /** Called with each message of data of this subscription. */
  readonly onData: (data: Data, at: Reading) => void
  /** Called if Kraken refuses the subscription. It is then removed. */
  readonly onRefused: (reason: string) => void
}

export type Data = Extract<Message, { readonly _tag: "Data" }>

export interface Options {
  /** Begins the lines of the log, e.g. `Kraken's market data`. */
  readonly name: string
  /** Names the connection in metrics. */
  readonly kind: "public" | "private"
  readonly url: string
  /** Asked before each connection. Its token is part of each subscription. */
  readonly token?: Effect.Effect<string, FeedDown>
  /** Names the subscription to which a row of data belongs. */
  readonly keysOf: (channel: string, row: Row) => string
  /** Called when a connection ended, and what was received before is no longer up to date. */
  readonly onDown: () => void
}

/** One connection, which is opened and kept as long as something is subscribed. */
export interface Connection {
  readonly add: (subscription: Subscription) => void
  readonly remove: (key: string) => void
  /** Subscribes again, after data was missed. Kraken then sends a snapshot. */
  readonly restart: (key: string, now: Reading) => void
  /** Checks that the connection is alive: something was received in the last seconds, and no clock was set since. */
  readonly isAlive: (now: Reading) => boolean
  readonly state: Effect.Effect<FeedState>
}

/** The time without any message after which data does not count as live, in milliseconds. Kraken sends a heartbeat a second. */
const mostSilence = 5000

/** The time without any message after which the connection is given up, in milliseconds. */
const giveUpAfter = 15_000

/** The pause between looks at the connection. */
const lookEvery = "1 second"

/** The time for which a connection has to stay open for the next pause to be short again, in milliseconds. */
const stableAfter = 60_000

/**
 * The shortest and the longest pause before a new connection, in milliseconds. Cloudflare, in front of Kraken, refuses
 * more than about 150 connections in ten minutes.
 *
 * @see https://docs.kraken.com/exchange/guides/websockets/introduction read 2026-11-29
 */
const pauses = { first: 1000, longest: 60_000 }

/** The pause before a connection is tried again whose API key Kraken refused. Its permissions can be changed at any time. */
const refusedPause = "10 minutes"

/** The shortest and the longest pause before a subscription is restarted again, in milliseconds. */
const restartPauses = { first: 1000, longest: 60_000 }

/** Data that can't be read until the connection is given up. */
const mostUnreadable = 100

/**
 * Makes a connection that lives until the scope ends. It waits without a socket while nothing is subscribed. After it
 * ended, it is opened again after a pause that doubles, changed at random so that many clients do not come at once.
 */
export const makeConnection = Effect.fn("Connection.make")(function* (
  options: Options
): Effect.fn.Return<Connection, never, Scope.Scope> {
  const runSync = Runtime.runSync(yield* Effect.runtime())
  const wake = yield* Effect.makeLatch(false)
  const wanted = new Map<string, Subscription>()
  /** Requests to which Kraken has not answered, by their id. */
  const asked = new Map<number, string>()
  let requestId = 0
  let session: { readonly socket: FeedSocket; readonly token: string | undefined } | undefined
  let heard: Reading | undefined
  /** The latest data of this connection that was not asked for. */
  let automatic: { readonly message: Data; readonly at: Reading } | undefined
  let unreadable = 0
  let refusal: string | undefined
  /** True if Kraken refused the API key when the connection was last tried. */
  let isRefused = false
  /** The next moments at which subscriptions can be restarted, and the pause after that, in milliseconds. */
  const restarts = new Map<string, { readonly at: number; readonly pause: number }>()
  const overdue = new Set<string>()

  const request = (method: "subscribe" | "unsubscribe", { isAutomatic, key, params }: Subscription): void => {
    if (session === undefined || isAutomatic) return
    const { socket, token } = session
    requestId++
    if (method === "subscribe") asked.set(requestId, key)
    const { snapshot: _, ...others } = params
    const given = method === "subscribe" ? params : others
    socket.send(
      JSON.stringify({ method, params: token === undefined ? given : { ...given, token }, req_id: requestId })
    )
  }

  const receive = (text: string): void => {
    const at = runSync(clocks)
    // The machine might have slept, and the message be one from before. `watch` ends the connection.
    if (heard !== undefined && wasSet(heard, at)) return
    const message = readMessage(text)
    feedMessages.add(options.kind, message._tag.toLowerCase())
    if (message._tag === "Unreadable") {
      unreadable++
      return
    }
    heard = at
    if (message._tag === "Acknowledged") return acknowledge(message)
    if (message._tag !== "Data") return
    if (message.channel === "status") automatic = { message, at }
    const byKey = groupBy(message.rows, (row) => options.keysOf(message.channel, row))
    // An empty snapshot of a private channel belongs to the channel itself.
    if (message.rows.length === 0) byKey.set(message.channel, [])
    for (const [key, rows] of byKey) wanted.get(key)?.onData({ ...message, rows }, at)
  }

  const acknowledge = ({ error, requestId: id }: Extract<Message, { readonly _tag: "Acknowledged" }>): void => {
    const key = id === undefined ? undefined : asked.get(id)
    if (id === undefined || key === undefined) return
    asked.delete(id)
    if (error === undefined || error.includes("Already subscribed")) return
    // The token might be outdated: the next connection gets another one. A permission that is missing stays missing.
    if (options.token !== undefined && !/permission denied/i.test(error)) {
      refusal = error
      return
    }
    const refused = wanted.get(key)
    wanted.delete(key)
    refused?.onRefused(error)
  }

  /** Subscribes again. Data that stays broken is asked for again after pauses that double. */
  const restart = (key: string, { monotonic }: Reading): void => {
    const subscription = wanted.get(key)
    const { at, pause } = restarts.get(key) ?? { at: 0, pause: restartPauses.first }
    overdue.delete(key)
    if (subscription === undefined) return
    if (monotonic < at) {
      overdue.add(key)
      return
    }
    const isCalm = monotonic - at > restartPauses.longest
    restarts.set(key, {
      at: monotonic + (isCalm ? restartPauses.first : pause),
      pause: Math.min((isCalm ? restartPauses.first : pause) * 2, restartPauses.longest)
    })
    request("unsubscribe", subscription)
    request("subscribe", subscription)
  }

  /**
   * Waits until the connection is silent for too long, sends nothing that can be read, a clock was set or the machine slept,
   * or nothing is wanted.
   */
  const watch = (socket: FeedSocket, since: Reading) =>
    Effect.gen(function* () {
      while (wanted.size > 0) {
        yield* Effect.sleep(lookEvery)
        const now = yield* clocks
        if (wasSet(heard ?? since, now)) return yield* new FeedDown({ reason: "a clock was set, or the machine slept" })
        const silence = now.monotonic - (heard ?? since).monotonic
        if (silence > giveUpAfter) return yield* new FeedDown({ reason: "no message for 15 s" })
        if (refusal !== undefined) return yield* new FeedDown({ reason: `refused: ${refusal}` })
        for (const key of Array.from(overdue)) restart(key, yield* clocks)
        if (unreadable > mostUnreadable) return yield* new FeedDown({ reason: "messages that can't be read" })
        if (silence > mostSilence / 2) socket.send(JSON.stringify({ method: "ping", req_id: ++requestId }))
      }
    })

  const connect = Effect.gen(function* () {
    const token = options.token && (yield* options.token)
    const since = yield* clocks
    heard = undefined
    automatic = undefined
    unreadable = 0
    refusal = undefined
    asked.clear()
    overdue.clear()
    const socket = yield* openSocket(options.url, receive)
    isRefused = false
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        session = undefined
        heard = undefined
        automatic = undefined
        options.onDown()
      })
    )
    session = { socket, token }
    yield* Effect.logDebug(`${options.name}: connected`)
    for (const subscription of wanted.values()) request("subscribe", subscription)
    yield* Effect.raceFirst(watch(socket, since), socket.ended)
  }).pipe(Effect.scoped)

  let isFailing = false
  /** Logs the first of several failures. A key that may not use the WebSocket is no fault. */
  const logFailure = Effect.fnUntraced(function* ({ isRefused, reason }: FeedDown) {
    if (isFailing) return
    isFailing = true
    const log = isRefused ? Effect.logInfo : Effect.logWarning
    yield* log(`${options.name} is not connected, so Kraken is asked by REST: ${escapeText(reason)}`)
  })

  const loop = Effect.gen(function* () {
    let pause = pauses.first
    while (true) {
      yield* wake.await
      if (wanted.size === 0) {
        wake.unsafeClose()
        continue
      }
      const began = yield* clocks
      const down = yield* Effect.match(connect, { onFailure: (failed) => failed, onSuccess: () => undefined })
      const lasted = (yield* clocks).monotonic - began.monotonic
      if (lasted >= stableAfter || down === undefined) {
        pause = pauses.first
        isFailing = false
      }
      if (down !== undefined) yield* logFailure(down)
      if (down?.isRefused) {
        isRefused = true
        yield* Effect.sleep(refusedPause)
        continue
      }
      const factor = yield* Random.nextRange(0.5, 1)
      yield* Effect.sleep(Math.round(pause * factor))
      pause = Math.min(pause * 2, pauses.longest)
      if (down !== undefined && wanted.size > 0) feedReconnects.add(options.kind)
    }
  })
  yield* Effect.forkScoped(loop)

  const isAlive = (now: Reading): boolean =>
    heard !== undefined && now.monotonic - heard.monotonic <= mostSilence && !wasSet(heard, now)

  return {
    add: (subscription) => {
      wanted.set(subscription.key, subscription)
      request("subscribe", subscription)
      if (subscription.isAutomatic && automatic !== undefined) subscription.onData(automatic.message, automatic.at)
      wake.unsafeOpen()
    },
    remove: (key) => {
      const subscription = wanted.get(key)
      wanted.delete(key)
      restarts.delete(key)
      if (subscription !== undefined) request("unsubscribe", subscription)
    },
    restart,
    isAlive,
    state: Effect.map(clocks, (now) =>
      isAlive(now) ? "connected" : isRefused ? "off" : wanted.size === 0 ? "idle" : "stale"
    )
  }
})

/** Groups rows by a key, as `Map.groupBy`, which Node 20 does not have. */
const groupBy = (rows: ReadonlyArray<Row>, keyOf: (row: Row) => string): Map<string, Array<Row>> => {
  const groups = new Map<string, Array<Row>>()
  for (const row of rows) {
    const key = keyOf(row)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return groups
}
