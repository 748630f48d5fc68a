import { type Cause, Clock, Context, Effect, Layer, Option, Schedule } from "effect"
import { Config } from "../../../../services/Config.ts"
import { Halt } from "../../../../services/Halt.ts"
import { KrakenClient } from "../../../../services/KrakenClient.ts"
import { Notifier } from "../../../../services/Notifier.ts"
import { Record } from "../../../../services/Record.ts"
import { HaltInStateFolder } from "../../../access/halt/HaltInStateFolder.ts"
import { operator } from "../../../access/principals.ts"
import { authorityOf } from "../../../access/record/authority.ts"
import { recordKeyOf } from "../../../access/record/recordKey.ts"
import { krakenCalls } from "./panicCalls.ts"
import { claimRequest, type ClaimedRequest, writeOpenOrders } from "./panicFiles.ts"
import { panicName } from "./panicReport.ts"
import { runPanic } from "./panicRoutine.ts"
import { recordOfPanic } from "./recordOfPanic.ts"

/** The pause between two looks for the stop. */
const lookEvery = "1 second"

/** The time after which another process is taken to hold the record. */
const untilHeld = "250 millis"

/** The pause between two signs of life. */
const touchEvery = "2 seconds"

const logFailure = (cause: Cause.Cause<unknown>) =>
  Effect.logError("The emergency stop could not be carried out", cause)

/**
 * True for the account whose product tells of the stop, which holds for all accounts of an installation. Otherwise the operator
 * would be told by each account.
 */
export class TellsOfStops extends Context.Reference<TellsOfStops>()(
  "mcp-kraken/layers/kraken/writes/panic/TellsOfStops",
  { defaultValue: () => true }
) {}

/**
 * Looks each second for the emergency stop, logs its beginning and its end, tells the operator, and cancels orders if a panic without an API
 * key asks for it. A server that only reads leaves that to one that can cancel.
 */
export const PanicOnRequest = Layer.scopedDiscard(
  Effect.gen(function* () {
    const halt = yield* Halt
    const { account, credentials, databaseUrl, mode, readOnly, stateDir } = yield* Config
    const authority = yield* authorityOf({ databaseUrl, stateDir })
    const kraken = yield* KrakenClient
    const { notify } = yield* Notifier
    const tells = yield* TellsOfStops
    const record = yield* Record
    const key = recordKeyOf({ credentials, mode })
    const canCancel = mode === "live" && Option.isSome(credentials) && !readOnly

    const carryOut = Effect.fn("panic.onRequest")(function* ({ finish, options, say, touch }: ClaimedRequest) {
      yield* Effect.logWarning("A panic asks this server to cancel", options)
      yield* Effect.forkScoped(Effect.repeat(touch, Schedule.spaced(touchEvery)))
      const report = yield* runPanic(options, {
        account: panicName(account),
        calls: krakenCalls(kraken, operator(mode)),
        record: yield* recordOfPanic(authority, { account: "kraken", key }),
        writeList: writeOpenOrders(stateDir, panicName(account), yield* Clock.currentTimeMillis),
        sawOpen: () => Effect.void,
        say: (line) => Effect.zipRight(say(line), Effect.logWarning(line))
      })
      yield* finish(report)
    }, Effect.scoped)

    let isLooking = false
    /** Looks at the record, unless an earlier look still waits for it. */
    const lookAtRecord = Effect.suspend(() => {
      if (isLooking) return Effect.succeed(undefined)
      isLooking = true
      return record.stop.pipe(
        Effect.ensuring(Effect.sync(() => void (isLooking = false))),
        Effect.disconnect,
        Effect.timeout(untilHeld),
        Effect.orElseSucceed(() => undefined)
      )
    })

    /** Looks at the file, and else at the record. Undefined while that cannot be read. */
    const stopNow = Effect.gen(function* () {
      const found = yield* halt.current
      if (Option.isSome(found)) return found
      return yield* lookAtRecord
    })

    const scope = yield* Effect.scope
    const done = new Set<string>()
    let stoppedSince: number | undefined
    const look = Effect.gen(function* () {
      const found = yield* stopNow
      if (found === undefined) return
      const since = Option.getOrUndefined(found)?.since
      const isChange = since !== stoppedSince
      stoppedSince = since
      if (isChange && tells)
        yield* Option.match(found, {
          onNone: () => Effect.logWarning("Trading is no longer frozen"),
          onSome: ({ by, reason, since }) =>
            Effect.zipRight(
              notify({ _tag: "Stopped", by }),
              Effect.logWarning("All trading is frozen: only reads and cancels pass", {
                by,
                since: new Date(since).toISOString(),
                ...(reason !== undefined && { reason })
              })
            )
        })
      if (Option.isNone(found) || !canCancel) return
      const claimed = yield* claimRequest(stateDir, key, yield* Clock.currentTimeMillis, done, account)
      // Another request can come while this one is carried out, and waits for nothing.
      if (claimed !== undefined) yield* Effect.forkIn(Effect.catchAllCause(carryOut(claimed), logFailure), scope)
    }).pipe(Effect.catchAllCause(logFailure))

    yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(lookEvery)))
  })
).pipe(Layer.provide(HaltInStateFolder))
