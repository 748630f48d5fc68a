import { Duration, Effect, Layer, Option, Random } from "effect"
import {
  type Endpoint,
  endpoints,
  isPrivate,
  type Params,
  type WriteEndpoint
} from "../../../domain/endpoints/endpoints.ts"
import { passesStop } from "../../../domain/endpoints/stopping.ts"
import { readKeyInfo } from "../../../domain/keys/keyInfo.ts"
import { bigintAsText } from "../../../domain/wire/json.ts"
import { Config } from "../../../services/Config.ts"
import { KrakenClient } from "../../../services/KrakenClient.ts"
import {
  type KrakenCredentialsMissing,
  type KrakenError,
  type KrakenLockout,
  KrakenNotPlaced,
  KrakenOutcomeUnknown,
  type KrakenRateLimitError,
  KrakenUnavailable
} from "../../../services/KrakenErrors.ts"
import type { Frozen } from "../../../services/LimitErrors.ts"
import type { Principal } from "../../../services/Principal.ts"
import { type MayNotLeave, NonceSource } from "../../../services/NonceSource.ts"
import { RateBudget } from "../../../services/RateBudget.ts"
import { Secrets } from "../../../services/Secrets.ts"
import { type ApiCall, makeSignedRequest } from "./signedRequest.ts"
import { decodeResponse, decodeFileResponse, decodeWriteResponse, type Success } from "./decodeResponse.ts"
import { HaltInStateFolder } from "../../access/halt/HaltInStateFolder.ts"
import { Halt } from "../../../services/Halt.ts"
import { frozenBy } from "../answers/frozenBy.ts"
import { makeSingleFlight } from "../../caching/singleFlight.ts"
import { makeBudgetedCall } from "../answers/budgetedCall.ts"
import type { ApiRefusal, NoAnswer } from "../answers/sendErrors.ts"
import { makeTransport } from "./transport.ts"

/** The longest timeout of a write. A look-up tells more about one that takes longer. */
const writeTimeout = Duration.seconds(10)

/** The timeout of a request for Kraken's time before a write, in milliseconds. */
const clockTimeout = Duration.toMillis("2 seconds")

/** The base pauses before the repeats of a read, in milliseconds. */
const pauses = [300, 600]

/** The least time that has to be left for the repeat of a read, in milliseconds. */
const leastLeft = 1000

/** Kraken over HTTP. The emergency stop of the state folder is part of it, so that no composition leaves it out. */
export const KrakenClientHttp = Layer.effect(
  KrakenClient,
  Effect.gen(function* () {
    const { httpTimeout } = yield* Config
    const budget = yield* RateBudget
    const transport = yield* makeTransport
    const send = yield* makeSignedRequest(transport)
    const { setWindow } = yield* NonceSource
    const { refuse, take } = makeBudgetedCall(budget, transport.now, transport.lag)
    const secrets = yield* Secrets
    const halt = yield* Halt

    /** Sends a read, and repeats it after pauses if that can help and enough of `timeout` is left. */
    const attempt = <A>(call: ApiCall<A>, params: Params, timeout: number, [pause, ...others] = pauses): Attempt<A> =>
      take(call.endpoint, params, call.priority).pipe(
        Effect.zipRight(send(call, timeout, true)),
        Effect.catchTag("SendFailed", ({ error, left }) => {
          const canRepeat = error._tag === "NoAnswer" && error.retry && left > leastLeft && pause !== undefined
          if (!canRepeat) return Effect.fail(error)
          return Effect.flatMap(jittered(pause), (millis) =>
            Effect.delay(attempt(call, params, left - millis, others), millis)
          )
        })
      )

    const read = <A>(call: ApiCall<A>, params: Params) =>
      attempt(call, params, Duration.toMillis(httpTimeout)).pipe(
        Effect.catchTags({
          MayNotLeave: ({ reason }) => new KrakenUnavailable({ endpoint: call.endpoint, reason }),
          // A read is never stopped.
          Frozen: ({ message }) => new KrakenUnavailable({ endpoint: call.endpoint, reason: message }),
          NoAnswer: ({ cause, reason, status }) =>
            new KrakenUnavailable({ endpoint: call.endpoint, reason, status, cause }),
          ApiRefusal: (refused) => refuse(call.endpoint, params, refused)
        })
      )

    const shareFlight = makeSingleFlight<Success, KrakenError, Principal>()

    /**
     * Shares one request among equal reads: public ones until it is answered, private ones until it leaves. The answer to a
     * private read that has left can be older than a write that ended since. A read of one priority does not wait for one
     * of another.
     */
    const readShared = (call: ApiCall<Success>, params: Params) =>
      shareFlight(`${call.priority} ${call.endpoint} ${JSON.stringify(params, bigintAsText)}`, (close) =>
        read(isPrivate(call.endpoint) ? { ...call, params: Effect.as(close, params) } : call, params)
      )

    /**
     * Reads Kraken's time if its clock is in doubt, since deadlines are set by it. After a clock was set, two responses
     * have to agree.
     */
    const checkClock = Effect.gen(function* () {
      for (let n = 0; n < 2 && (yield* transport.isClockDoubtful); n++)
        yield* Effect.ignore(send(time, clockTimeout, true))
    })

    const unlessStopped = (endpoint: WriteEndpoint) => Effect.flatMap(halt.current, frozenBy(endpoint))

    /**
     * Sends a write once. One that definitely did not leave fails as unavailable; the outcome of any other without a usable
     * response is unknown.
     */
    const write = (call: ApiCall<Success> & { readonly endpoint: WriteEndpoint }, draft: Params) => {
      const { endpoint } = call
      return take(endpoint, draft, call.priority).pipe(
        Effect.zipRight(send(call, Duration.toMillis(Duration.min(httpTimeout, writeTimeout)), false)),
        Effect.catchTag("SendFailed", ({ error }) => Effect.fail(error)),
        Effect.tap(({ result }) => budget.carriedOut(endpoint, draft, result)),
        Effect.catchTags({
          MayNotLeave: ({ reason }) => new KrakenNotPlaced({ endpoint, reason }),
          NoAnswer: ({ cause, reason, sent }) =>
            sent
              ? new KrakenOutcomeUnknown({ endpoint, reason, check: "", safeToRepeat: false, cause })
              : new KrakenUnavailable({ endpoint, reason, cause }),
          ApiRefusal: (refused) => refuse(endpoint, draft, refused)
        })
      )
    }

    /** Learns the nonce window of the key from Kraken's description of it. */
    const learnWindow = (result: unknown) =>
      Option.match(readKeyInfo(result), { onNone: () => Effect.void, onSome: (key) => setWindow(key.nonceWindow) })

    return KrakenClient.of({
      read: (endpoint, params, { priority = "read" } = {}) => {
        const call = { endpoint, params: Effect.succeed(params), priority, accept: json, decode: decodeResponse }
        const result = resultOf(endpoint, readShared(call, params))
        return endpoint === "private/GetApiKeyInfo" ? Effect.tap(result, learnWindow) : result
      },
      write: Effect.fn("KrakenClient.write")(function* (
        endpoint,
        draft,
        { intent, isOfStop = false, priority = "write", stamped = Effect.succeed(draft) } = {}
      ) {
        yield* Effect.annotateCurrentSpan("endpoint", endpoint)
        // A cancel has no deadline, so it does not wait.
        if (priority !== "cancel") yield* checkClock
        const result = yield* resultOf(
          endpoint,
          write(
            {
              endpoint,
              params: stamped,
              priority,
              intent,
              accept: json,
              decode: decodeWriteResponse,
              ...(!isOfStop && !passesStop(endpoint) && { check: unlessStopped(endpoint) })
            },
            draft
          )
        )
        yield* Effect.forEach(endpoints[endpoint].secrets, (field) => {
          const secret: unknown = Object(result)[field]
          return typeof secret === "string" ? secrets.add(secret) : Effect.void
        })
        return result
      }),
      download: Effect.fn("KrakenClient.download")(function* (endpoint, params, { priority = "read" } = {}) {
        yield* Effect.annotateCurrentSpan("endpoint", endpoint)
        const call = { endpoint, params: Effect.succeed(params), priority, accept: file, decode: decodeFileResponse }
        return yield* read(call, params)
      }),
      now: transport.now,
      clock: transport.clock
    })
  })
).pipe(Layer.provide(HaltInStateFolder))

const json = "application/json"
const file = "application/octet-stream, application/json"

const time: ApiCall<Success> = {
  endpoint: "public/Time",
  params: Effect.succeed({}),
  priority: "write",
  accept: json,
  decode: decodeResponse
}

/** Changes a pause at random by a fifth at most, to whole milliseconds. */
const jittered = (pause: number) => Effect.map(Random.nextRange(0.8, 1.2), (factor) => Math.round(pause * factor))

type Attempt<A> = Effect.Effect<
  A,
  NoAnswer | ApiRefusal | Frozen | KrakenCredentialsMissing | KrakenLockout | KrakenRateLimitError | MayNotLeave,
  Principal
>

const resultOf = <E, R>(endpoint: Endpoint, success: Effect.Effect<Success, E, R>) =>
  Effect.flatMap(success, ({ result, warnings }) =>
    warnings.length > 0
      ? Effect.as(Effect.logWarning("Kraken warns", { endpoint, warnings: warnings.join("; ") }), result)
      : Effect.succeed(result)
  )
