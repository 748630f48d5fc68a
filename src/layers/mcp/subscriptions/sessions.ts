import { Deferred, Effect, ExecutionStrategy, Exit, Scope } from "effect"
import { randomUUID } from "node:crypto"
import type { Principal } from "../../../services/Principal.ts"
import { makeBoundedMap } from "../../caching/boundedMap.ts"
import { ProtocolError, refusedCode } from "../protocol/ProtocolError.ts"
import type { Watch } from "../protocol/serverDefinition.ts"
import { makeQuota, type Quota } from "./quota.ts"
import { makeSubscriber, type Subscriber, untilNotBehind } from "./subscriber.ts"

/** The most sessions of one caller that have a stream or subscriptions. */
const mostSessions = 50

/** The time for a client to open its stream, and to open it again after it broke. Then its subscriptions end. */
const patience = "30 seconds"

/** Sessions that clients have ended, and that are remembered. */
const mostEnded = 10_000

/** A stream on which a session is told of changes. */
export interface Output {
  readonly tell: (uri: string) => void
  /** True if the client does not keep up with what was sent. */
  readonly isBehind: () => boolean
}

interface Session {
  readonly subscriber: Subscriber
  readonly scope: Scope.CloseableScope
  /** The newest last. A client that comes again might have left a dead one behind. */
  readonly outputs: Array<Output>
  /** Counts the changes of `outputs`. */
  turn: number
}

/**
 * Makes the sessions of clients that subscribe. Only a session with a stream or subscriptions takes memory. Its id is any
 * text, and belongs to its caller: the same id of another caller is another session. So a client whose session is not
 * known, as after a restart, can go on.
 */
export const makeSessions = Effect.fnUntraced(function* (watch: Watch, quota: Quota) {
  const scope = yield* Effect.scope
  const one = yield* Effect.makeSemaphore(1)
  const stopped = yield* Deferred.make<void>()
  const sessions = new Map<string, Session>()
  const counts = makeQuota(mostSessions)
  const ended = makeBoundedMap<string, true>(mostEnded)

  const close = (principal: typeof Principal.Service, id: string) =>
    Effect.suspend(() => {
      const key = keyOf(principal, id)
      const session = sessions.get(key)
      if (session === undefined) return Effect.void
      sessions.delete(key)
      counts.giveBack(principal.caller.id)
      return Scope.close(session.scope, Exit.void)
    })

  /** Closes a session, unless it gets a stream in time. */
  const closeLater = (principal: typeof Principal.Service, id: string, session: Session) =>
    Effect.suspend(() => {
      const turn = ++session.turn
      return Effect.sleep(patience).pipe(
        Effect.zipRight(
          Effect.suspend(() =>
            session.turn === turn && session.outputs.length === 0 ? close(principal, id) : Effect.void
          )
        ),
        // A fiber inherits that the session is made without an interruption.
        Effect.interruptible,
        Effect.forkIn(scope)
      )
    })

  /** Finds a session, or makes it. */
  const sessionOf = (principal: typeof Principal.Service, id: string) =>
    Effect.gen(function* () {
      const key = keyOf(principal, id)
      const known = sessions.get(key)
      if (known !== undefined) return known
      if (!counts.take(principal.caller.id)) return yield* tooMany
      const own = yield* Scope.fork(scope, ExecutionStrategy.sequential)
      const outputs: Array<Output> = []
      const subscriber = yield* makeSubscriber({
        principal,
        watch,
        quota,
        ready: untilNotBehind(() => outputs.at(-1)?.isBehind() !== false),
        tell: (uri) => outputs.at(-1)?.tell(uri)
      }).pipe(Scope.extend(own))
      const session: Session = { subscriber, scope: own, outputs, turn: 0 }
      sessions.set(key, session)
      yield* closeLater(principal, id, session)
      return session
    }).pipe(one.withPermits(1), Effect.uninterruptible)

  return {
    /** Makes the id of a new session. */
    newId: () => randomUUID(),
    subscriber: (principal: typeof Principal.Service, id: string) =>
      Effect.map(sessionOf(principal, id), ({ subscriber }) => subscriber),
    /** Tells a session of changes on a stream, until it is interrupted or the server stops. */
    listen: (principal: typeof Principal.Service, id: string, output: Output): Effect.Effect<void, ProtocolError> =>
      Effect.acquireUseRelease(
        Effect.tap(sessionOf(principal, id), ({ outputs }) => {
          if (outputs.length >= mostOutputs) return tooMany
          outputs.push(output)
          return Effect.void
        }),
        () => Deferred.await(stopped),
        (session) => {
          session.outputs.splice(session.outputs.indexOf(output), 1)
          return closeLater(principal, id, session)
        }
      ),
    /** Ends a session for good. */
    end: (principal: typeof Principal.Service, id: string) =>
      Effect.suspend(() => {
        ended.set(keyOf(principal, id), true)
        return close(principal, id)
      }),
    /** Checks that a client has ended the session. */
    isEnded: (principal: typeof Principal.Service, id: string): boolean => ended.get(keyOf(principal, id)) === true,
    /** Ends all streams, so that the server can stop. */
    stop: Deferred.succeed(stopped, undefined)
  }
})

/** The most streams of one session. */
const mostOutputs = 5

const keyOf = ({ caller }: typeof Principal.Service, id: string) => `${caller.id} ${id}`

const tooMany = new ProtocolError({
  code: refusedCode,
  message: `This token has ${mostSessions} sessions with a stream, the most that it can have, or this session has ${mostOutputs} streams. Close some first.`
})
