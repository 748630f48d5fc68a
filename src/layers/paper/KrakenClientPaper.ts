import { DateTime, Effect, Layer, Option } from "effect"
import {
  type Endpoint,
  endpoints,
  isPrivate,
  type Params,
  type WriteEndpoint
} from "../../domain/endpoints/endpoints.ts"
import { passesStop } from "../../domain/endpoints/stopping.ts"
import { classify, classifyWrite, type Meaning, readErrors } from "../../domain/wire/errors.ts"
import { bigintAsText, parseJson } from "../../domain/wire/json.ts"
import type { Answer } from "../../exchange/commands/handle.ts"
import { requiredMarketData } from "../../exchange/endpoints/requiredMarketData.ts"
import { Halt } from "../../services/Halt.ts"
import { type CallOptions, KrakenClient, type LeavingIntent, type WriteOptions } from "../../services/KrakenClient.ts"
import { KrakenNotPlaced, KrakenOutcomeUnknown, KrakenUnavailable } from "../../services/KrakenErrors.ts"
import { Principal } from "../../services/Principal.ts"
import { RateBudget } from "../../services/RateBudget.ts"
import { HaltInStateFolder } from "../access/halt/HaltInStateFolder.ts"
import { frozenBy } from "../kraken/answers/frozenBy.ts"
import { sendErrorOf } from "../kraken/answers/sendErrors.ts"
import { makeBudgetedCall } from "../kraken/answers/budgetedCall.ts"
import { PaperAccounts, toCommand } from "./PaperAccounts.ts"
import type { Command } from "./journaledAccounts.ts"
import { makeUpdateCatalogue } from "./updateCatalogue.ts"
import { MarketFeed } from "./MarketFeed.ts"

/**
 * `KrakenClient` on simulated accounts, one for each principal. The engine answers with Kraken's own error codes, so they
 * become the same errors as those of the real Kraken.
 */
export const KrakenClientPaper = Layer.effect(
  KrakenClient,
  Effect.gen(function* () {
    const accounts = yield* PaperAccounts
    const feed = yield* MarketFeed
    const budget = yield* RateBudget
    const halt = yield* Halt
    const { refuse, take } = makeBudgetedCall(budget, DateTime.now)
    const updateCatalogue = makeUpdateCatalogue(accounts, feed)

    /**
     * Reads the market of the pairs that a call depends on, as commands for the journal. A cancel needs no market: it
     * goes ahead without one if Kraken does not answer.
     */
    const observe = Effect.fnUntraced(function* (account: string, call: Command & { readonly endpoint: Endpoint }) {
      if (!isCancel(call.endpoint)) yield* updateCatalogue(account, call)
      const pairs = yield* accounts.inspect(account, (exchange) => requiredMarketData(exchange, { ...call, account }))
      const observations = feed.observe(pairs)
      const found = isCancel(call.endpoint) ? Effect.orElseSucceed(observations, () => []) : observations
      return (yield* found).map(toCommand)
    })

    const ask = Effect.fnUntraced(function* (endpoint: Endpoint, params: Params, options: CallOptions) {
      if (options.isFeed !== true) yield* take(endpoint, params, options.priority ?? "read")
      const fromFeed = isPrivate(endpoint) ? Option.none() : yield* feed.read(endpoint, params)
      if (Option.isSome(fromFeed)) return fromFeed.value
      const { account } = yield* Principal
      const asked = Effect.gen(function* () {
        const [first, ...others] = yield* observe(account, { endpoint, params })
        if (first !== undefined) yield* accounts.carryOut(account, [first, ...others])
        return yield* accounts.ask(account, { endpoint, params })
      })
      return yield* Effect.catchTags(
        Effect.flatMap(asked, (answer) => resultOf(answer, (codes) => classify(codes, isPrivate(endpoint)))),
        {
          DatabaseUnavailable: ({ cause, reason }) => new KrakenUnavailable({ endpoint, reason, cause }),
          NoAnswer: ({ reason }) => new KrakenUnavailable({ endpoint, reason }),
          ApiRefusal: (refused) => refuse(endpoint, params, refused)
        }
      )
    })

    const send = Effect.fnUntraced(function* (
      endpoint: WriteEndpoint,
      draft: Params,
      { intent, isOfStop = false, stamped = Effect.succeed(draft) }: WriteOptions
    ) {
      const { account } = yield* Principal
      const observed = yield* observe(account, { endpoint, params: draft })
      if (intent !== undefined && !(yield* mayLeave(endpoint, intent))) {
        const reason =
          "it waited too long, trading was frozen meanwhile, or another process has taken it over, so it was not sent"
        return yield* new KrakenNotPlaced({ endpoint, reason })
      }
      // Only a file that another process holds delays the answer after the stamp.
      const command = { endpoint, params: yield* stamped }
      const [first = command, ...others] = [...observed, command]
      if (!isOfStop && !passesStop(endpoint)) yield* Effect.flatMap(halt.current, frozenBy(endpoint))
      return yield* resultOf(yield* accounts.carryOut(account, [first, ...others]), classifyWrite)
    })

    return KrakenClient.of({
      read: Effect.fn("KrakenClient.read")(function* (endpoint, params, options = {}) {
        return toJson(yield* ask(endpoint, params, options))
      }),
      write: Effect.fn("KrakenClient.write")(function* (endpoint, draft, options = {}) {
        yield* take(endpoint, draft, options.priority ?? "write")
        const unknown = (reason: string) =>
          new KrakenOutcomeUnknown({ endpoint, reason, check: "", safeToRepeat: false })
        const result = yield* Effect.catchTags(send(endpoint, draft, options), {
          // After an I/O error the entry might still be in the file.
          DatabaseUnavailable: ({ cause, reason }) =>
            String(Object(cause).code).startsWith("SQLITE_IOERR")
              ? unknown(reason)
              : new KrakenUnavailable({ endpoint, reason, cause }),
          NoAnswer: ({ reason }) => unknown(reason),
          ApiRefusal: (refused) => refuse(endpoint, draft, refused)
        })
        yield* budget.carriedOut(endpoint, draft, result)
        return toJson(result)
      }),
      download: Effect.fn("KrakenClient.download")(function* (endpoint, params, options = {}) {
        const file = yield* ask(endpoint, params, options)
        return file instanceof Uint8Array ? file : yield* new KrakenUnavailable({ endpoint, reason: "no file" })
      }),
      now: DateTime.now,
      clock: Effect.succeed({ epoch: 0, within: 0 })
    })
  })
).pipe(Layer.provide(HaltInStateFolder))

/** A cancel passes even if the record cannot be read. */
const mayLeave = (endpoint: Endpoint, intent: LeavingIntent) =>
  Effect.catchAll(intent.mayLeave, ({ reason }) =>
    isCancel(endpoint) ? Effect.succeed(true) : new KrakenNotPlaced({ endpoint, reason })
  )

const isCancel = (endpoint: Endpoint): boolean => endpoints[endpoint].moves === "cancels"

const resultOf = (answer: Answer, meaningOf: (codes: ReadonlyArray<string>) => Meaning) => {
  if (!("errors" in answer)) return Effect.succeed(answer.result)
  const { codes } = readErrors(answer.errors)
  return Effect.fail(sendErrorOf(codes, meaningOf(codes)))
}

/** Turns a result into what HTTP would have delivered: integers too large for a double become strings of digits. */
const toJson = (result: unknown): unknown => parseJson(JSON.stringify(result ?? null, bigintAsText))
