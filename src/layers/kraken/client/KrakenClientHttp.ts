import { Duration, Effect, Layer, Schedule } from "effect"
import { type Endpoint, endpoints, type Params, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { Config } from "../../../services/Config.ts"
import { KrakenClient } from "../../../services/KrakenClient.ts"
import { KrakenNotPlaced, KrakenOutcomeUnknown, KrakenUnavailable } from "../../../services/KrakenErrors.ts"
import { RateBudget } from "../../../services/RateBudget.ts"
import { Secrets } from "../../../services/Secrets.ts"
import { type ApiCall, makeSignedRequest } from "./signedRequest.ts"
import { decodeResponse, decodeFileResponse, decodeWriteResponse, type Success } from "./decodeResponse.ts"
import { makeBudgetedCall } from "../answers/budgetedCall.ts"
import { type Allowance, makeTransport } from "./transport.ts"

/** A write has this long at the most: what takes longer is better looked up. */
const writeTimeout = Duration.seconds(10)

/** How long a write waits for Kraken's time. */
const clockTimeout = Duration.seconds(2)

/** Kraken over HTTP. */
export const KrakenClientHttp = Layer.effect(
  KrakenClient,
  Effect.gen(function* () {
    const { httpTimeout } = yield* Config
    const budget = yield* RateBudget
    const transport = yield* makeTransport
    const ask = yield* makeSignedRequest(transport)
    const { refuse, take } = makeBudgetedCall(budget, transport.now)
    const secrets = yield* Secrets

    /** Asks, and asks again while that is worth it, as long as the timeout allows. */
    const read = <A>(call: ApiCall<A>) =>
      Effect.flatMap(call.params, (params) => {
        const allowance: Allowance = { left: Duration.toMillis(httpTimeout) }
        return take(call.endpoint, params, call.priority).pipe(
          Effect.zipRight(ask(call, () => allowance, true)),
          Effect.retry({
            while: (error) => error._tag === "NoVerdict" && error.retry && allowance.left > tooLate,
            schedule: again(allowance)
          }),
          Effect.catchTags({
            // A read has no intent.
            MayNotLeave: ({ reason }) => new KrakenUnavailable({ endpoint: call.endpoint, reason }),
            NoVerdict: ({ cause, reason }) => new KrakenUnavailable({ endpoint: call.endpoint, reason, cause }),
            Refused: (refused) => refuse(call.endpoint, params, refused)
          })
        )
      })

    /**
     * Asks for Kraken's time where what is known of its clock is in doubt: deadlines are set by it. A clock that was set
     * takes two answers that agree.
     */
    const learnClock = Effect.gen(function* () {
      for (let n = 0; n < 2 && (yield* transport.isClockDoubtful); n++)
        yield* Effect.ignore(ask(time, () => ({ left: Duration.toMillis(clockTimeout) }), true))
    })

    /** Asks once. What surely did not leave is unavailable; without a verdict, the outcome is unknown. */
    const write = (call: ApiCall<Success> & { readonly endpoint: WriteEndpoint }, draft: Params) => {
      const { endpoint } = call
      const allowance = () => ({ left: Duration.toMillis(Duration.min(httpTimeout, writeTimeout)) })
      return take(endpoint, draft, call.priority).pipe(
        Effect.zipRight(ask(call, allowance, false)),
        Effect.tap(({ result }) => budget.carriedOut(endpoint, draft, result)),
        Effect.catchTags({
          MayNotLeave: ({ reason }) => new KrakenNotPlaced({ endpoint, reason }),
          NoVerdict: ({ cause, reason, sent }) =>
            sent
              ? new KrakenOutcomeUnknown({ endpoint, reason, check: "", safeToRepeat: false, cause })
              : new KrakenUnavailable({ endpoint, reason, cause }),
          Refused: (refused) => refuse(endpoint, draft, refused)
        })
      )
    }

    return KrakenClient.of({
      read: (endpoint, params, { priority = "read" } = {}) =>
        resultOf(
          endpoint,
          read({ endpoint, params: Effect.succeed(params), priority, accept: json, decode: decodeResponse })
        ),
      write: Effect.fn("KrakenClient.write")(function* (
        endpoint,
        draft,
        { intent, priority = "write", stamped = Effect.succeed(draft) } = {}
      ) {
        yield* Effect.annotateCurrentSpan("endpoint", endpoint)
        // A cancel has no deadline, and does not wait.
        if (priority !== "cancel") yield* learnClock
        const result = yield* resultOf(
          endpoint,
          write({ endpoint, params: stamped, priority, intent, accept: json, decode: decodeWriteResponse }, draft)
        )
        yield* Effect.forEach(endpoints[endpoint].secrets, (field) => {
          const secret: unknown = Object(result)[field]
          return typeof secret === "string" ? secrets.learn(secret) : Effect.void
        })
        return result
      }),
      download: Effect.fn("KrakenClient.download")(function* (endpoint, params, { priority = "read" } = {}) {
        yield* Effect.annotateCurrentSpan("endpoint", endpoint)
        const call = { endpoint, params: Effect.succeed(params), priority, accept: file, decode: decodeFileResponse }
        return yield* read(call)
      }),
      now: transport.now,
      clock: transport.clock
    })
  })
)

const json = "application/json"
const file = "application/octet-stream, application/json"

const time: ApiCall<Success> = {
  endpoint: "public/Time",
  params: Effect.succeed({}),
  priority: "write",
  accept: json,
  decode: decodeResponse
}

/** Reads are asked three times in all; the pauses, in whole milliseconds, are part of their allowance. */
const again = (allowance: Allowance) =>
  Schedule.exponential("300 millis").pipe(
    Schedule.jittered,
    Schedule.intersect(Schedule.recurs(2)),
    Schedule.modifyDelayEffect((_, pause) =>
      Effect.sync(() => {
        const whole = Math.round(Duration.toMillis(pause))
        allowance.left -= whole
        return Duration.millis(whole)
      })
    )
  )

/** With less than this left, in milliseconds, asking again is in vain. */
const tooLate = 1000

const resultOf = <E, R>(endpoint: Endpoint, success: Effect.Effect<Success, E, R>) =>
  success.pipe(
    Effect.tap(({ warnings }) =>
      warnings.length > 0 ? Effect.logWarning("Kraken warns", { endpoint, warnings: warnings.join("; ") }) : Effect.void
    ),
    Effect.map(({ result }) => result)
  )
