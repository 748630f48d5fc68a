import { Deferred, Effect } from "effect"
import type { LeavingIntent, Priority } from "../../src/services/KrakenClient.ts"
import type { NonceSource, Turn } from "../../src/services/NonceSource.ts"

type Source = Pick<typeof NonceSource.Service, "turn" | "turnOf">

type Use<A> = (turn: Turn) => Effect.Effect<A>

/** Takes one turn and ends it at once. */
export const nextNonce = ({ turn }: Source, priority: Priority = "read") =>
  turn(priority, ({ nonce }) => Effect.succeed(nonce))

/** Lets the request of an intent leave, which is answered at once. */
export const leaveOnce = ({ turnOf }: Source, intent: LeavingIntent, priority: Priority) =>
  turnOf(intent, priority, ({ nonce }) => Effect.succeed(nonce))

/** Takes a turn that lasts until its end or that of the scope. */
export const holdTurn = Effect.fnUntraced(function* ({ turn }: Source, priority: Priority = "read") {
  const held = yield* Deferred.make<Turn>()
  const use: Use<never> = (turn) => Effect.zipRight(Deferred.succeed(held, turn), Effect.never)
  yield* Effect.forkScoped(turn(priority, use))
  return yield* Deferred.await(held)
})
