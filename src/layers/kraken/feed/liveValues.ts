import { Effect, Option, Schedule, type Scope } from "effect"
import { clocks, type Reading } from "../../../services/Clocks.ts"
import type { Snapshot } from "../../../services/MarketData.ts"
import type { Connection, Data } from "./connection.ts"

/** A value that a subscription keeps up to date. */
export interface LiveValue<A> {
  /** Returns the value if the connection is alive and the value is in order. Keeps the subscription for a minute. */
  readonly look: Effect.Effect<Option.Option<Snapshot<A>>>
  /** Keeps the subscription for this many milliseconds from now. */
  readonly keep: (millis: number) => Effect.Effect<void>
  /**
   * Keeps the subscription until the end of the scope, and calls `listener` after each change. While there is no room for
   * the subscription, it is tried again from time to time.
   */
  readonly follow: (listener: () => void) => Effect.Effect<void, never, Scope.Scope>
}

/** Makes a live value of a part of another one. */
export const mapLive = <A, B>({ follow, keep, look }: LiveValue<A>, part: (value: A) => B): LiveValue<B> => ({
  look: Effect.map(
    look,
    Option.map((snapshot) => ({ ...snapshot, value: part(snapshot.value) }))
  ),
  keep,
  follow
})

/** The way to keep a value. */
export interface Kind<A> {
  readonly key: string
  readonly params: { readonly channel: string; readonly [name: string]: unknown }
  /** True if Kraken sends the channel by itself. */
  readonly isAutomatic?: boolean
  /** Applies a message to the value. `broken` asks for a new snapshot. Undefined if there is no value yet. */
  readonly apply: (before: A | undefined, data: Data, at: Reading) => A | undefined | "broken"
}

export interface LiveValues {
  readonly of: <A>(kind: Kind<A>) => LiveValue<A>
  /** Forgets all values, after the connection ended. */
  readonly forget: () => void
  /** Forgets a value that turned out to be wrong, and asks for a new snapshot. */
  readonly restart: (key: string, at: Reading) => void
}

/** The time for which a subscription is kept after the last look, in milliseconds. */
const keptFor = 60_000

/** Subscriptions at most. Beyond that, those without users make room, and then callers are served by REST. */
const mostSubscriptions = 200

/**
 * The time without a use after which a subscription makes room for another one, in milliseconds. So callers who ask for many
 * pairs do not take each other's live data away, and Kraken gets at most 20 subscriptions a second.
 */
const leastKept = 10_000

/** The pause between two attempts to follow a value for which there was no room. */
const roomEvery = "1 second"

/** The time after which a refused subscription is asked for again, in milliseconds. */
const refusedFor = 60_000

interface Entry {
  followers: number
  /** Monotonic milliseconds of the last use. In the future if it is to be kept for longer. */
  usedAt: number
  refusedAt: number | undefined
  value: unknown
  receivedAt: number
  readonly listeners: Set<() => void>
}

/** Makes the values of a connection. Subscriptions are shared by all callers, and end a minute after their last use. */
export const makeLiveValues = Effect.fn("LiveValues.make")(function* (connection: Connection) {
  const entries = new Map<string, Entry>()

  const drop = (key: string): void => {
    entries.delete(key)
    connection.remove(key)
  }

  /** Ends the subscription that was not used for the longest time. Returns false if all are in use. */
  const makeRoom = (now: number): boolean => {
    const unused = [...entries].filter(([, { followers, usedAt }]) => followers === 0 && now - usedAt >= leastKept)
    const [oldest] = unused.toSorted(([, a], [, b]) => a.usedAt - b.usedAt)
    if (oldest !== undefined) drop(oldest[0])
    return oldest !== undefined
  }

  const use = <A>({ apply, isAutomatic, key, params }: Kind<A>, { monotonic }: Reading): Entry | undefined => {
    const known = entries.get(key)
    if (known !== undefined && !(known.refusedAt !== undefined && monotonic - known.refusedAt > refusedFor)) {
      known.usedAt = Math.max(known.usedAt, monotonic)
      return known
    }
    if (known === undefined && entries.size >= mostSubscriptions && !makeRoom(monotonic)) return undefined
    const entry: Entry = known ?? {
      followers: 0,
      usedAt: monotonic,
      refusedAt: undefined,
      value: undefined,
      receivedAt: monotonic,
      listeners: new Set()
    }
    entry.usedAt = Math.max(entry.usedAt, monotonic)
    entry.refusedAt = undefined
    entries.set(key, entry)
    let value: A | undefined
    connection.add({
      key,
      params,
      isAutomatic,
      onRefused: () => {
        entry.refusedAt = monotonic
      },
      onData: (data, at) => {
        // The connection was closed in between, so that this begins anew.
        if (entry.value === undefined) value = undefined
        const after = apply(value, data, at)
        value = after === "broken" ? undefined : after
        entry.value = value
        entry.receivedAt = at.monotonic
        if (after === "broken") connection.restart(key, at)
        for (const listener of entry.listeners) listener()
      }
    })
    return entry
  }

  yield* Effect.flatMap(clocks, ({ monotonic }) =>
    Effect.sync(() => {
      for (const [key, { followers, usedAt }] of entries) {
        if (followers === 0 && monotonic - usedAt > keptFor) drop(key)
      }
    })
  ).pipe(Effect.repeat(Schedule.spaced("5 seconds")), Effect.forkScoped)

  const forgetValue = (entry: Entry): void => {
    entry.value = undefined
    for (const listener of entry.listeners) listener()
  }

  const values: LiveValues = {
    of: <A>(kind: Kind<A>): LiveValue<A> => ({
      look: Effect.map(clocks, (now) => {
        const entry = use(kind, now)
        if (entry?.value === undefined || !connection.isAlive(now)) return Option.none()
        const age = Math.max(0, now.monotonic - entry.receivedAt)
        // Only `apply` of this kind makes the values of its key.
        return Option.some({ value: entry.value as A, source: "websocket", age })
      }),
      keep: (millis) =>
        Effect.map(clocks, (now) => {
          const entry = use(kind, now)
          if (entry !== undefined) entry.usedAt = Math.max(entry.usedAt, now.monotonic + millis - keptFor)
        }),
      follow: (listener) =>
        Effect.gen(function* () {
          let followed: Entry | undefined
          const follow = Effect.map(clocks, (now) => {
            followed = use(kind, now)
            if (followed === undefined) return false
            followed.followers++
            followed.listeners.add(listener)
            return true
          })
          yield* Effect.addFinalizer(() =>
            Effect.map(clocks, ({ monotonic }) => {
              if (followed === undefined) return
              followed.followers--
              followed.usedAt = Math.max(followed.usedAt, monotonic)
              followed.listeners.delete(listener)
            })
          )
          if (yield* follow) return
          yield* Effect.delay(follow, roomEvery).pipe(
            Effect.repeat({ until: (isFollowed) => isFollowed }),
            Effect.zipRight(Effect.sync(listener)),
            Effect.forkScoped
          )
        })
    }),
    forget: () => {
      for (const entry of entries.values()) forgetValue(entry)
    },
    restart: (key, at) => {
      const entry = entries.get(key)
      if (entry !== undefined) forgetValue(entry)
      connection.restart(key, at)
    }
  }
  return values
})
