import { Cause, Deferred, Duration, Effect, Exit, FiberSet, Layer, Option } from "effect"
import { endpoints, type Params, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { writeIdentity } from "../../../domain/orders/writeIdentity.ts"
import { monotonic } from "../../../services/Clocks.ts"
import { Config } from "../../../services/Config.ts"
import { KrakenClient } from "../../../services/KrakenClient.ts"
import { KrakenNotPlaced, KrakenOutcomeUnknown } from "../../../services/KrakenErrors.ts"
import { KrakenWriter, type SendError, type Sent } from "../../../services/KrakenWriter.ts"
import { Names } from "../../../services/Names.ts"
import { PermissionCache } from "../../../services/PermissionCache.ts"
import { Principal } from "../../../services/Principal.ts"
import { type Outcome, Record, type WriteIntent } from "../../../services/Record.ts"
import type { UnconfirmedWrite, ProcedureContext, PreparedWrite, Settlement } from "./writeProcedure.ts"
import { type RecentWrite, isRecognizable, makeDuplicates, type Write } from "./duplicates.ts"
import { idsIn } from "./ids.ts"
import { procedures } from "./procedures.ts"
import { depart } from "./timing.ts"
import { makeAmbiguousWrites, type OpenWrite } from "./ambiguousWrites.ts"

/** What shutdown waits for at the most. */
const patience = Duration.seconds(30)

/** Sends writes in fibers of its own, once, and settles those that no answer tells about. */
export const KrakenWriterSettling = Layer.scoped(
  KrakenWriter,
  Effect.gen(function* () {
    const kraken = yield* KrakenClient
    const names = yield* Names
    const config = yield* Config
    const record = yield* Record
    const context: ProcedureContext = {
      kraken,
      keys: yield* PermissionCache,
      directory: names.directory,
      deadline: config.orderDeadline,
      made: rememberIds()
    }
    const procedure = procedures()
    const twins = makeAmbiguousWrites()
    const duplicates = makeDuplicates()
    const fibers = yield* FiberSet.make<Sent, SendError>()
    // Finalizers can't be interrupted, and what can't be interrupted never times out.
    const quiet = Effect.interruptible(FiberSet.awaitEmpty(fibers))
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(quiet, patience)))

    const carryOut = Effect.fn("KrakenWriter.carryOut")(function* (begun: RecentWrite, params: Params) {
      const { endpoint, repeat } = begun
      // Where nothing is known of the key yet, Kraken's clock is not either, and a deadline would be set by ours.
      yield* context.keys.known
      const prepared = yield* procedure[endpoint](context, endpoint, params, repeat)
      if ("duplicateOf" in prepared) return prepared
      const fingerprints = yield* onAccount(prepared.fingerprints)
      const settle = (attempt: UnconfirmedWrite) =>
        Effect.suspend(() => {
          begun.isOpen = true
          return prepared.settle(attempt)
        })
      return yield* twins.during(fingerprints, isOpen, (twin) =>
        recorded({ endpoint, params: prepared.params }, sendOnce(endpoint, { ...prepared, settle }, twin))
      )
    })

    const sendOnce = (endpoint: WriteEndpoint, prepared: PreparedWrite, twin: OpenWrite) =>
      Effect.flatMap(depart(kraken), (begun) => {
        const { priority } = endpoints[endpoint]
        let params = prepared.params
        let departure = begun
        let unconfirmed: unknown
        const stamped = Effect.map(depart(kraken), (now) => {
          departure = now
          return (params = prepared.stamp?.(prepared.params, now.at) ?? prepared.params)
        })
        return kraken.write(endpoint, prepared.params, { priority, stamped }).pipe(
          Effect.filterOrFail(
            (result) => prepared.isConfirmed(result, params),
            (result) => {
              unconfirmed = result
              return notConfirmed(endpoint)
            }
          ),
          Effect.map((result) => done(prepared, result, params)),
          Effect.catchTag("KrakenOutcomeUnknown", (error) =>
            settle(prepared, twin, { endpoint, error, params, departure, result: unconfirmed })
          ),
          Effect.tap(({ result }) => Effect.sync(() => context.made.add(idsIn(result))))
        )
      })

    /** Sends a write, in the record from before it leaves until it is known what became of it. */
    const recorded = <R>(intent: WriteIntent, sent: Effect.Effect<Sent, SendError, R>) =>
      Effect.flatMap(record.begin(intent), (seq) => Effect.onExit(sent, (exit) => record.end(seq, outcomeOf(exit))))

    const settle = Effect.fn("KrakenWriter.settle")(function* (
      prepared: PreparedWrite,
      twin: OpenWrite,
      attempt: UnconfirmedWrite
    ) {
      const { endpoint, error, params } = attempt
      yield* Effect.logWarning("A write is not confirmed; looking up what became of it", {
        endpoint,
        reason: error.reason
      })
      const found = yield* prepared.settle(attempt)
      const isOurs = found._tag !== "Placed" || (yield* twins.isAlone(twin, yield* onAccount(found.fingerprints ?? [])))
      const verdict = isOurs ? found : whose(found.result)
      yield* Effect.logInfo("Looked up what became of a write", { endpoint, verdict: verdict._tag })
      return yield* answerOf(verdict, error, (result) => done(prepared, result, params))
    })

    /** Runs a write in a fiber of its own and gives its answer to all that wait for it. */
    const start = (begun: RecentWrite, params: Params) =>
      FiberSet.run(
        fibers,
        Effect.interruptible(carryOut(begun, params)).pipe(
          Effect.onExit((exit) =>
            Effect.flatMap(monotonic, (now) => {
              duplicates.end(begun, exit, now)
              return Deferred.done(begun.answer, exit)
            })
          )
        )
      )

    /** Starts a write, or recognises an earlier one whose answer counts for it. Looking and taking the place are one step. */
    const enter = (write: Write, params: Params): Effect.Effect<Effect.Effect<Sent, SendError>, never, Principal> =>
      Effect.flatMap(monotonic, (now) => {
        const recognized = duplicates.recognize(write, now)
        switch (recognized._tag) {
          case "Duplicate":
            return Effect.succeed(duplicates.answerOf(recognized.of))
          case "Blocked":
            return Effect.succeed(recognized.error)
          case "New":
            return Effect.as(start(recognized.begun, params), Deferred.await(recognized.begun.answer))
        }
      })

    return KrakenWriter.of({
      settled: FiberSet.awaitEmpty(fibers),
      send: Effect.fn("KrakenWriter.send")(function* (endpoint, { repeat, ...params }) {
        const { account, caller } = yield* Principal
        // A cancel waits for no names.
        const identity = isRecognizable(endpoint)
          ? `${account} ${writeIdentity(endpoint, params, yield* context.directory)}`
          : undefined
        const write = { endpoint, identity, caller: caller.id, repeat: repeat === true }
        const answer = yield* Effect.uninterruptible(enter(write, params))
        return yield* Effect.onInterrupt(answer, () => FiberSet.run(fibers, leftBehind(answer, endpoint)))
      })
    })
  })
)

/** Nobody is there any more to be told of a write that its caller left, so the log is. */
const leftBehind = (answer: Effect.Effect<Sent, SendError>, endpoint: WriteEndpoint) =>
  Effect.onExit(answer, (exit) => {
    const message = "A write went on after its caller had left"
    if (Exit.isSuccess(exit)) return Effect.logInfo(message, { endpoint, outcome: "ok" })
    const outcome = Option.match(Cause.failureOption(exit.cause), {
      onNone: () => "unknown",
      onSome: ({ _tag }) => _tag
    })
    return Effect.logWarning(message, { endpoint, outcome })
  })

/** What two accounts show alike are two things. */
const onAccount = (fingerprints: ReadonlyArray<string>) =>
  Effect.map(Principal, ({ account }) => fingerprints.map((fingerprint) => `${account} ${fingerprint}`))

/** No error came, and nothing of what the endpoint promises of a write that happened. */
const notConfirmed = (endpoint: WriteEndpoint) =>
  new KrakenOutcomeUnknown({
    endpoint,
    reason: "the answer lacks what the endpoint promises",
    check: "",
    safeToRepeat: false
  })

const done = (prepared: PreparedWrite, result: unknown, sent: Params): Sent => ({
  result: prepared.complete?.(result, sent) ?? result
})

const answerOf = (
  verdict: Settlement,
  { cause, endpoint, reason }: KrakenOutcomeUnknown,
  done: (result: unknown) => Sent
): Effect.Effect<Sent, SendError> => {
  switch (verdict._tag) {
    case "Placed": {
      const how = `Kraken did not confirm it (${reason}); it was found on the account afterwards`
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

const whose = (result: unknown): Settlement => ({
  _tag: "Unknown",
  reason: "one was found, but another write that looks the same is open as well, and may be the one",
  check: `Found: ${JSON.stringify(result)}. Count what there is before anything is sent again.`
})

/** Whatever ended without an answer that tells is unknown: a bug of ours, too. */
const outcomeOf = (exit: Exit.Exit<Sent, SendError>): Outcome => {
  if (Exit.isSuccess(exit)) return { _tag: "Happened" }
  const error = Option.match(Cause.failureOption(exit.cause), {
    onNone: () => (Cause.isInterruptedOnly(exit.cause) ? "Interrupted" : "Defect"),
    onSome: ({ _tag }) => _tag
  })
  return { _tag: isRefusal(exit) ? "DidNotHappen" : "Unknown", error }
}

/** What ended without having happened may be sent again at once. A bug of ours says nothing of the kind. */
const isRefusal = (exit: Exit.Exit<Sent, SendError>): boolean =>
  Exit.isFailure(exit) &&
  Option.exists(Cause.failureOption(exit.cause), (error) => error._tag !== "KrakenOutcomeUnknown")

/** Whether it may still turn up, as far as we know. */
const isOpen = (exit: Exit.Exit<Sent, SendError>): boolean => Exit.isFailure(exit) && !isRefusal(exit)

/** The last thousand ids that writes of this process have made. */
const rememberIds = (): ProcedureContext["made"] => {
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
