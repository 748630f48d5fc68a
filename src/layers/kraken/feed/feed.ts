import { type Duration, Effect, Option, Queue, Stream } from "effect"
import type { ReadError } from "../../../services/KrakenClient.ts"
import type { Feed, Snapshot } from "../../../services/MarketData.ts"
import type { Principal } from "../../../services/Principal.ts"
import type { LiveValue } from "./liveValues.ts"

/** The time that a new subscription has for its first value, before REST is asked. */
const patience = "1 second"

/** The way to ask when no live value is there. */
interface Polling<A> {
  readonly read: Effect.Effect<A, ReadError, Principal>
  /** The pause between two requests while somebody waits for changes. */
  readonly every: Duration.DurationInput
  /** A request costs nothing, since a simulation in this process answers it. */
  readonly isFree?: boolean | undefined
}

/** Makes a feed that asks by REST while no live value is there. Without `live`, that is always. */
export const makeFeed = <A>(live: LiveValue<A> | undefined, rest: Polling<A>): Feed<A> => {
  const byRest = Effect.map(rest.read, (value): Snapshot<A> => ({ value, source: "rest", age: 0 }))
  const look = live?.look ?? Effect.succeedNone

  const changes = Stream.unwrapScoped(
    Effect.gen(function* () {
      const changed = yield* Queue.sliding<void>(1)
      if (live !== undefined) yield* live.follow(() => Queue.unsafeOffer(changed, undefined))
      const wait = (time: Duration.DurationInput) => Effect.timeoutOption(Queue.take(changed), time)
      let last: Snapshot<A> | undefined
      let isNew = live !== undefined

      const next = Effect.gen(function* () {
        if (last?.source === "rest") yield* wait(rest.every)
        while (true) {
          const found = Option.getOrUndefined(yield* look)
          if (found !== undefined && found.value !== last?.value) return found
          if (found === undefined && !isNew) {
            const answer = yield* Effect.catchTags(Effect.asSome(byRest), {
              KrakenRateLimitError: () => Effect.succeedNone,
              KrakenUnavailable: () => Effect.succeedNone
            })
            if (Option.isSome(answer)) return answer.value
          }
          yield* wait(isNew ? patience : rest.every)
          isNew = false
        }
      })
      return Stream.repeatEffect(
        Effect.tap(next, (snapshot) =>
          Effect.sync(() => {
            last = snapshot
          })
        )
      )
    })
  )

  const pushedLive = (followed: LiveValue<A>) =>
    Stream.unwrapScoped(
      Effect.gen(function* () {
        const changed = yield* Queue.sliding<void>(1)
        yield* followed.follow(() => Queue.unsafeOffer(changed, undefined))
        let last: A | undefined
        const next = Effect.gen(function* () {
          while (true) {
            const found = Option.getOrUndefined(yield* look)
            if (found !== undefined && found.value !== last) {
              last = found.value
              return found
            }
            yield* Queue.take(changed)
          }
        })
        return Stream.repeatEffect(next)
      })
    )

  const isFree = rest.isFree === true
  return {
    pushed: live !== undefined ? pushedLive(live) : isFree ? changes : Stream.never,
    isPrompt: live === undefined ? Effect.succeed(isFree) : Effect.map(look, Option.isSome),
    live: look,
    snapshot: Effect.flatMap(look, Option.match({ onNone: () => byRest, onSome: Effect.succeed })),
    changes
  }
}
