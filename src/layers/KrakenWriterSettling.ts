import {
  Cause,
  Clock,
  type DateTime,
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
import type { Desk, Prepared, Verdict } from "./writes/Attempt.ts"
import { procedures } from "./writes/Procedures.ts"

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
    const entries = new Map<string, Entry>()
    const fibers = yield* FiberSet.make<Sent, SendError>()
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(FiberSet.awaitEmpty(fibers), patience)))

    const carryOut = Effect.fn("KrakenWriter.carryOut")(function* (endpoint: Endpoint, params: Params) {
      const prepared = yield* procedure(endpoint)(desk, endpoint, params)
      let sent: { readonly params: Params; readonly sentAt: DateTime.Utc } | undefined
      const stamped = Effect.map(kraken.now, (now) => {
        sent = { params: prepared.params(now), sentAt: now }
        return sent.params
      })
      return yield* kraken.write(endpoint, stamped, { priority: priorityOf(endpoint) }).pipe(
        Effect.map((result) => done(prepared, result, sent?.params ?? params)),
        Effect.catchTag("KrakenOutcomeUnknown", (error) =>
          sent === undefined ? error : settle(prepared, { endpoint, error, ...sent })
        ),
        Effect.tap(({ result }) => Effect.sync(() => desk.made.add(idsIn(result)))),
        Effect.tapError((error) =>
          Effect.sync(() => (error._tag === "KrakenOutcomeUnknown" ? undefined : prepared.refused?.()))
        )
      )
    })

    const settle = Effect.fn("KrakenWriter.settle")(function* (
      prepared: Prepared,
      attempt: Parameters<Prepared["settle"]>[0]
    ) {
      const { endpoint, error, params } = attempt
      yield* Effect.logWarning("No answer to a write; looking up what became of it", { endpoint, reason: error.reason })
      const verdict = yield* prepared.settle(attempt)
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
        return { ...(yield* Deferred.await(answer)), duplicate }
      })
    })
  })
)

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
        cause
      })
  }
}

/** What ended without having happened may be sent again at once. A bug of ours says nothing of the kind. */
const isRefusal = (exit: Exit.Exit<Sent, SendError>): boolean =>
  Exit.isFailure(exit) &&
  Option.exists(Cause.failureOption(exit.cause), (error) => error._tag !== "KrakenOutcomeUnknown")

/** A cancel of whatever is open has new work to do when it is sent again; every other write has not. */
const replays = (endpoint: Endpoint, { txid }: Params): boolean =>
  endpoint !== "private/CancelAll" &&
  endpoint !== "private/CancelAllOrdersAfter" &&
  !(endpoint === "private/CancelOrder" && /^-?\d+$/.test(String(txid)))

const priorityOf = (endpoint: Endpoint): Priority => (endpoint.startsWith("private/Cancel") ? "cancel" : "write")

const Ids = Schema.Struct({
  txid: Schema.optional(Schema.Union(Schema.String, Schema.Array(Schema.String))),
  refid: Schema.optional(Schema.String),
  orders: Schema.optional(Schema.Array(Schema.Struct({ txid: Schema.optional(Schema.String) })))
})
const isIds = Schema.is(Ids)

const idsIn = (result: unknown): ReadonlyArray<string> =>
  isIds(result)
    ? [result.txid ?? [], result.refid ?? [], result.orders?.map(({ txid }) => txid ?? []) ?? []].flat(2)
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
