import { Clock, Duration, Effect, Either, Option, Scope } from "effect"
import { inFlight, keysSince, ownOrders, runningTimer, tokensSince } from "../../../access/record/emergency.ts"
import { cancelsOfPanic } from "./cancelsOfPanic.ts"
import { PanicFileFailed, type PanicRecord } from "./panicParts.ts"
import type { Authority } from "../../../access/record/authority.ts"
import type { Steps } from "../../../storage/steps.ts"
import type { TransactionalDatabase } from "../../../storage/transactionalDatabase.ts"

/** The time for which other API keys count as in use. */
const lately = Duration.toMillis("30 days")

/**
 * Lists the API keys, by their hashes, of which writes on real accounts were recorded lately. Fails with a sentence if the
 * record cannot be read, and with nothing if there is none.
 */
export const recentKeys = Effect.fnUntraced(function* ({ look: lookAt, name }: Authority) {
  const now = yield* Clock.currentTimeMillis
  const look = yield* lookAt(() => keysSince(now - lately), patience)
  if (look._tag === "Read") return Either.right(look.value)
  return Either.left(look._tag === "Missing" ? undefined : `the record ${name} can't be read.`)
})

/** The longest wait for a record that another process holds. A panic goes on without it. */
const patience = "1 second"

/**
 * Makes the record of a panic, for one account. What it reads, it reads by a connection of its own. A record that does not
 * exist holds no writes, and cannot tell which orders are those of this installation.
 */
export const recordOfPanic = Effect.fnUntraced(function* (
  authority: Authority,
  { account, key }: { readonly account: string; readonly key: string }
) {
  const { name } = authority
  const scope = yield* Effect.scope
  const stoppedAt = yield* Clock.currentTimeMillis
  let db: TransactionalDatabase | undefined
  const open = authority.openToRead.pipe(
    Scope.extend(scope),
    Effect.tap((opened) => {
      db ??= opened
    }),
    Effect.disconnect,
    Effect.timeoutFail({
      duration: patience,
      onTimeout: () => new PanicFileFailed({ message: `The record ${name} is busy.` })
    }),
    Effect.mapError(({ message }) => new PanicFileFailed({ message }))
  )
  /** A record that cannot be opened is tried again by each reading. */
  const opened = Effect.suspend(() => (db === undefined ? open : Effect.succeed(db)))
  const read = <A>(body: () => Steps<A>) =>
    Effect.flatMap(opened, (db) => Effect.mapError(db.read(body), ({ message }) => new PanicFileFailed({ message })))
  const timed = <A>(body: (now: number) => Steps<A>) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => read(() => body(now)))
  const unlessMissing = <A>(nothing: A, use: Effect.Effect<A, PanicFileFailed>) =>
    Effect.suspend(() => (authority.isMissing() ? Effect.succeed(nothing) : use))
  const record: PanicRecord = {
    ...(yield* cancelsOfPanic({ authority, account, key })),
    // A record that is missing, as in another state folder, does not show that no write is under way. Those of simulated
    // accounts are carried out at once.
    inFlight: Effect.suspend(() =>
      !authority.isMissing()
        ? timed(function* (now) {
            return (yield* inFlight(now, stoppedAt)).map(({ until }) => until)
          })
        : key === "paper"
          ? Effect.succeed([])
          : new PanicFileFailed({ message: `The record ${name} is missing.` })
    ),
    tokens: timed((now) => tokensSince(key, now - lately)),
    own: (orders) => read(() => ownOrders(orders)),
    timer: unlessMissing(
      Option.none(),
      timed(function* (now) {
        return Option.map(
          Option.fromNullable(yield* runningTimer(key, now)),
          ({ at, caller, seconds }) => `${seconds} s, set by ${caller} at ${new Date(at).toISOString()}.`
        )
      })
    )
  }
  return record
})
