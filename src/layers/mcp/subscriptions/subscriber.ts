import { Deferred, Effect, FiberMap, Schedule } from "effect"
import type { Principal } from "../../../services/Principal.ts"
import type { Listening } from "../protocol/protocol.ts"
import { ProtocolError, refusedCode } from "../protocol/ProtocolError.ts"
import type { Watch, Watched } from "../protocol/serverDefinition.ts"
import { makeQuota, type Quota } from "./quota.ts"

/** The most subscriptions of one session or stream. */
export const mostOfSubscriber = 50

/** The most subscriptions of one caller, in all its sessions and streams. */
const mostOfCaller = 100

/** Makes the count of all subscriptions of each caller. */
export const makeSubscriptionQuota = (): Quota => makeQuota(mostOfCaller)

/** The shortest pause between two notifications of one resource: at most two a second. */
const pause = "500 millis"

/** The longest wait for a resource to be known. Until then, a change could not be seen. */
const patience = "3 seconds"

/** The pause between two checks that a caller may still know of changes, if there are none. */
const recheck = "30 seconds"

/** One session or stream, with the resources whose changes it is told. */
export interface Subscriber {
  /** Subscribes to a resource. Does nothing if it is subscribed already. */
  readonly subscribe: (uri: string) => Effect.Effect<void, ProtocolError>
  /** Ends a subscription. Does nothing if there is none. */
  readonly unsubscribe: (uri: string) => Effect.Effect<void>
  /** Completes when no subscription is left. */
  readonly isEmpty: Effect.Effect<void>
}

interface Options {
  readonly principal: typeof Principal.Service
  readonly watch: Watch
  readonly quota: Quota
  /** Completes when the client can take another notification. Changes in between are told as one. */
  readonly ready: Effect.Effect<void>
  /** Sends the notification of a change. */
  readonly tell: (uri: string) => void
}

/** Makes a subscriber, whose subscriptions end with the scope. */
export const makeSubscriber = Effect.fnUntraced(function* ({ principal, quota, ready, tell, watch }: Options) {
  const fibers = yield* FiberMap.make<string, void, never>()
  const uris = new Set<string>()
  const caller = principal.caller.id

  const follow = (uri: string, { check, forEachChange }: Watched, known: Deferred.Deferred<void>) => {
    const told = forEachChange(
      Effect.fnUntraced(function* () {
        if (yield* Deferred.succeed(known, undefined)) return true
        yield* ready
        const verdict = yield* check
        if (verdict === "lost") return false
        if (verdict === "allowed") {
          tell(uri)
          yield* Effect.sleep(pause)
        }
        return true
      })
    )
    const lost = Effect.repeat(Effect.delay(check, recheck), { until: (verdict) => verdict === "lost" })
    return Effect.asVoid(Effect.raceFirst(told, lost))
  }

  const take = (uri: string): ProtocolError | undefined => {
    if (uris.size >= mostOfSubscriber) return tooMany("This session", mostOfSubscriber)
    if (!quota.take(caller)) return tooMany("This token", quota.most)
    uris.add(uri)
    return undefined
  }

  const subscriber: Subscriber = {
    subscribe: (uri) =>
      Effect.uninterruptibleMask((restore) => {
        if (uris.has(uri)) return Effect.void
        const refusal = take(uri)
        if (refusal !== undefined) return refusal
        const release = () => {
          uris.delete(uri)
          quota.giveBack(caller)
        }
        return Effect.gen(function* () {
          const watched = yield* Effect.onError(restore(watch(uri, principal)), () => Effect.sync(release))
          const known = yield* Deferred.make<void>()
          const fiber = yield* FiberMap.run(fibers, uri, Effect.interruptible(follow(uri, watched, known)))
          fiber.addObserver(() => {
            release()
            Deferred.unsafeDone(known, Effect.void)
          })
          yield* Effect.onInterrupt(restore(Effect.timeoutOption(Deferred.await(known), patience)), () =>
            FiberMap.remove(fibers, uri)
          )
        })
      }),
    unsubscribe: (uri) => FiberMap.remove(fibers, uri),
    isEmpty: FiberMap.awaitEmpty(fibers)
  }
  return subscriber
})

/** The pause between looks at a stream whose reader does not keep up. */
const lookEvery = "250 millis"

/** Completes when the client keeps up with what was sent. */
export const untilNotBehind = (isBehind: () => boolean): Effect.Effect<void> =>
  Effect.asVoid(
    Effect.repeat(Effect.sync(isBehind), { while: (behind) => behind, schedule: Schedule.spaced(lookEvery) })
  )

/**
 * Opens a stream of changes of revision 2026-07-28, which lasts as long as the scope: watches its resources, sends the
 * first message, then the changes. `ended` completes when no resource is left that the caller may read. Fails if none of
 * its resources can be watched.
 */
export const makeListener = Effect.fnUntraced(function* ({
  isBehind,
  listening,
  principal,
  quota,
  send,
  watch
}: Pick<Options, "principal" | "quota" | "watch"> & {
  readonly listening: Extract<Listening, { readonly _tag: "Open" }>
  readonly isBehind: () => boolean
  readonly send: (message: object) => void
}) {
  const { acknowledged, updated, uris } = listening
  const isOpen = yield* Effect.makeLatch(false)
  const subscriber = yield* makeSubscriber({
    principal,
    watch,
    quota,
    ready: Effect.zipRight(isOpen.await, untilNotBehind(isBehind)),
    tell: (uri) => send(updated(uri))
  })
  const [refused, watched] = yield* Effect.partition(
    uris,
    (uri) =>
      Effect.mapBoth(subscriber.subscribe(uri), { onFailure: (error) => ({ uri, error }), onSuccess: () => uri }),
    { concurrency: "unbounded" }
  )
  const [first] = refused
  if (first !== undefined && watched.length === 0) return yield* first.error
  send(
    acknowledged(
      watched,
      refused.map(({ error, uri }) => ({ uri: uri.slice(0, longestUri), message: error.message })).slice(0, mostReasons)
    )
  )
  yield* isOpen.open
  return { ended: watched.length === 0 ? Effect.never : subscriber.isEmpty }
})

/** The longest URI that is repeated, in characters, and the most reasons for resources that are not watched. */
const longestUri = 200
const mostReasons = 20

const tooMany = (holder: string, most: number) =>
  new ProtocolError({
    code: refusedCode,
    message: `${holder} has ${most} subscriptions, the most that it can have. Unsubscribe from some first.`
  })
