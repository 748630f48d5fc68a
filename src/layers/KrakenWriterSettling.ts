import {
  Cause,
  Clock,
  DateTime,
  Deferred,
  Duration,
  Effect,
  Exit,
  FiberId,
  FiberSet,
  Layer,
  Option,
  Schema
} from "effect"
import { canonicalJson } from "../domain/canonicalJson.ts"
import type { Endpoint, Params } from "../domain/endpoints.ts"
import { CallFacts, callerId } from "../services/CallFacts.ts"
import { Config } from "../services/Config.ts"
import { KrakenClient, type Priority } from "../services/KrakenClient.ts"
import { KrakenNotPlaced, KrakenOutcomeUnknown } from "../services/KrakenErrors.ts"
import { KrakenWriter, type SendError, type Sent } from "../services/KrakenWriter.ts"
import { Names } from "../services/Names.ts"
import { PermissionCache } from "../services/PermissionCache.ts"
import { accountName } from "../services/TradingMode.ts"
import type { Attempt, Desk, Prepared, Verdict } from "./writes/Attempt.ts"
import { procedures } from "./writes/Procedures.ts"
import { makeTwins, type Twin } from "./writes/twins.ts"

/** A write under way, or one that has just ended. */
interface Entry {
  readonly answer: Deferred.Deferred<Sent, SendError>
  /** Until when (Unix ms) the same write gets this answer; none while it is under way. */
  readonly until?: number
}

/** How long after its end a write that is sent again is taken for the same one. */
const replay = Duration.toMillis("2 seconds")

/** What shutdown waits for at the most. */
const patience = Duration.seconds(30)

/** Sends writes in fibers of its own, once, and settles those that no answer tells about. */
export const KrakenWriterSettling = Layer.scoped(
  KrakenWriter,
  Effect.gen(function* () {
    const kraken = yield* KrakenClient
    const names = yield* Names
    const config = yield* Config
    const desk: Desk = {
      kraken,
      keys: yield* PermissionCache,
      directory: names.directory,
      deadline: config.orderDeadline,
      made: rememberIds()
    }
    const procedure = procedures()
    const twins = makeTwins()
    const entries = new Map<string, Entry>()
    const fibers = yield* FiberSet.make<Sent, SendError>()
    // Finalizers can't be interrupted, and what can't be interrupted never times out.
    const quiet = Effect.interruptible(FiberSet.awaitEmpty(fibers))
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(quiet, patience)))

    /** Kraken's clock of a moment that is `left` on ours, as well as it is known by now. */
    const sentAt = (left: number) =>
      Effect.zipWith(kraken.now, Clock.currentTimeMillis, (theirs, ours) =>
        DateTime.subtract(theirs, { millis: ours - left })
      )

    const carryOut = Effect.fn("KrakenWriter.carryOut")(function* (endpoint: Endpoint, params: Params) {
      // Where nothing is known of the key yet, Kraken's clock is not either, and a deadline would be set by ours.
      yield* desk.keys.known
      const prepared = yield* procedure(endpoint)(desk, endpoint, params)
      const looks = yield* onAccount(prepared.looks ?? [])
      return yield* twins.during(looks, isOpen, (twin) => sendOnce(endpoint, prepared, twin))
    })

    const sendOnce = (endpoint: Endpoint, prepared: Prepared, twin: Twin) => {
      let params: Params = {}
      let left = 0
      const stamped = Effect.zipWith(kraken.now, Clock.currentTimeMillis, (theirs, ours) => {
        left = ours
        return (params = prepared.params(theirs))
      })
      return kraken.write(endpoint, stamped, { priority: priorityOf(endpoint) }).pipe(
        Effect.map((result) => done(prepared, result, params)),
        Effect.catchTag("KrakenOutcomeUnknown", (error) =>
          settle(prepared, twin, { endpoint, error, params, sentAt: sentAt(left) })
        ),
        Effect.tap(({ result }) => Effect.sync(() => desk.made.add(idsIn(result)))),
        Effect.tapError((error) =>
          Effect.sync(() => (error._tag === "KrakenOutcomeUnknown" ? undefined : prepared.refused?.()))
        )
      )
    }

    const settle = Effect.fn("KrakenWriter.settle")(function* (prepared: Prepared, twin: Twin, attempt: Attempt) {
      const { endpoint, error, params } = attempt
      yield* Effect.logWarning("No answer to a write; looking up what became of it", { endpoint, reason: error.reason })
      const found = yield* prepared.settle(attempt)
      const isOurs = found._tag !== "Placed" || (yield* twins.isAlone(twin, yield* onAccount(found.looks ?? [])))
      const verdict = isOurs ? found : whose(found.result)
      yield* Effect.logInfo("Looked up what became of a write", { endpoint, verdict: verdict._tag })
      return yield* answerOf(verdict, error, (result) => done(prepared, result, params))
    })

    /** Runs a write in a fiber of its own and gives its answer to all that wait for it. */
    const start = ({ answer }: Entry, key: string, endpoint: Endpoint, params: Params) =>
      FiberSet.run(
        fibers,
        Effect.interruptible(carryOut(endpoint, params)).pipe(
          Effect.onExit((exit) =>
            Effect.gen(function* () {
              if (isRefusal(exit) || !replays(endpoint, params)) entries.delete(key)
              else entries.set(key, { answer, until: (yield* Clock.currentTimeMillis) + replay })
              yield* Deferred.done(answer, exit)
            })
          )
        )
      )

    /** The entry of a write; starts it where it is not under way. Looking and taking the place are one step. */
    const enter = (key: string, endpoint: Endpoint, params: Params) =>
      Effect.suspend(() => {
        const running = entries.get(key)
        if (running !== undefined) return Effect.succeed({ ...running, duplicate: true })
        const entry: Entry = { answer: Deferred.unsafeMake(FiberId.none) }
        entries.set(key, entry)
        return Effect.as(start(entry, key, endpoint, params), { ...entry, duplicate: false })
      })

    return KrakenWriter.of({
      settled: FiberSet.awaitEmpty(fibers),
      send: Effect.fn("KrakenWriter.send")(function* (endpoint, params) {
        const { caller } = yield* CallFacts
        const now = yield* Clock.currentTimeMillis
        for (const [key, { until }] of entries) if (until !== undefined && until <= now) entries.delete(key)
        const key = `${callerId(caller)} ${endpoint} ${canonicalJson(params)}`
        const { answer, duplicate } = yield* Effect.uninterruptible(enter(key, endpoint, params))
        const sent = yield* Deferred.await(answer).pipe(
          Effect.onInterrupt(() => FiberSet.run(fibers, leftBehind(answer, endpoint)))
        )
        return { ...sent, duplicate }
      })
    })
  })
)

/** Nobody is there any more to be told of a write that its caller left, so the log is. */
const leftBehind = (answer: Entry["answer"], endpoint: Endpoint) =>
  Effect.onExit(Deferred.await(answer), (exit) => {
    const message = "A write went on after its caller had left"
    if (Exit.isSuccess(exit)) return Effect.logInfo(message, { endpoint, outcome: "ok" })
    const outcome = Option.match(Cause.failureOption(exit.cause), {
      onNone: () => "unknown",
      onSome: ({ _tag }) => _tag
    })
    return Effect.logWarning(message, { endpoint, outcome })
  })

/** What two accounts show alike are two things. */
const onAccount = (looks: ReadonlyArray<string>) =>
  Effect.map(accountName, (account) => looks.map((look) => `${account} ${look}`))

const done = (prepared: Prepared, result: unknown, sent: Params): Sent => ({
  result: prepared.complete?.(result, sent) ?? result,
  duplicate: false
})

const answerOf = (
  verdict: Verdict,
  { cause, endpoint, reason }: KrakenOutcomeUnknown,
  done: (result: unknown) => Sent
): Effect.Effect<Sent, SendError> => {
  switch (verdict._tag) {
    case "Placed": {
      const how = `Kraken gave no answer (${reason}); it was found on the account afterwards`
      return Effect.succeed({
        ...done(verdict.result),
        settled: { how, ...(verdict.state !== undefined && { state: verdict.state }) }
      })
    }
    case "NotPlaced":
      return new KrakenNotPlaced({ endpoint, reason: `${reason}; ${verdict.reason}` })
    case "Unknown":
      return new KrakenOutcomeUnknown({
        endpoint,
        reason: verdict.reason === reason ? reason : `${reason}; ${verdict.reason}`,
        check: verdict.check,
        safeToRepeat: verdict.safeToRepeat ?? false,
        stillOpen: verdict.stillOpen,
        cause
      })
  }
}

const whose = (result: unknown): Verdict => ({
  _tag: "Unknown",
  reason: "one was found, but another write that looks the same is open as well, and may be the one",
  check: `Found: ${JSON.stringify(result)}. Count what there is before anything is sent again.`
})

/** What ended without having happened may be sent again at once. A bug of ours says nothing of the kind. */
const isRefusal = (exit: Exit.Exit<Sent, SendError>): boolean =>
  Exit.isFailure(exit) &&
  Option.exists(Cause.failureOption(exit.cause), (error) => error._tag !== "KrakenOutcomeUnknown")

/** Whether it may still turn up, as far as we know. */
const isOpen = (exit: Exit.Exit<Sent, SendError>): boolean => Exit.isFailure(exit) && !isRefusal(exit)

/** A cancel of whatever is open has new work to do when it is sent again; every other write has not. */
const replays = (endpoint: Endpoint, { txid }: Params): boolean =>
  endpoint !== "private/CancelAll" &&
  endpoint !== "private/CancelAllOrdersAfter" &&
  !(endpoint === "private/CancelOrder" && /^-?\d+$/.test(String(txid)))

const priorityOf = (endpoint: Endpoint): Priority => (endpoint.startsWith("private/Cancel") ? "cancel" : "write")

const Ids = Schema.Struct({
  txid: Schema.optional(Schema.Union(Schema.String, Schema.Array(Schema.String))),
  refid: Schema.optional(Schema.String),
  amend_id: Schema.optional(Schema.String),
  orders: Schema.optional(Schema.Array(Schema.Struct({ txid: Schema.optional(Schema.String) })))
})
const isIds = Schema.is(Ids)

const idsIn = (result: unknown): ReadonlyArray<string> =>
  isIds(result)
    ? [
        result.txid ?? [],
        result.refid ?? [],
        result.amend_id ?? [],
        result.orders?.map(({ txid }) => txid ?? []) ?? []
      ].flat(2)
    : []

/** The last thousand ids that writes of this process have made. */
const rememberIds = (): Desk["made"] => {
  const ids = new Set<string>()
  return {
    has: (id) => ids.has(id),
    add: (made) => {
      for (const id of made) ids.add(id)
      for (const id of ids) {
        if (ids.size <= 1000) break
        ids.delete(id)
      }
    }
  }
}
