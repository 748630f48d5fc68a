import { DateTime, Effect, Layer, Option } from "effect"
import { type Endpoint, endpoints, isPrivate, type Params } from "../../domain/endpoints/endpoints.ts"
import { classify, classifyWrite, type Meaning, readErrors } from "../../domain/wire/errors.ts"
import { parseJson } from "../../domain/wire/json.ts"
import type { Answer } from "../../exchange/commands/handle.ts"
import { KrakenClient, type LeavingIntent, type Priority, type WriteOptions } from "../../services/KrakenClient.ts"
import { KrakenNotPlaced, KrakenOutcomeUnknown, KrakenUnavailable } from "../../services/KrakenErrors.ts"
import { Principal } from "../../services/Principal.ts"
import { RateBudget } from "../../services/RateBudget.ts"
import { sendErrorOf } from "../kraken/answers/sendErrors.ts"
import { makeBudgetedCall } from "../kraken/answers/budgetedCall.ts"
import { PaperAccounts, toCommand } from "./PaperAccounts.ts"
import type { Command } from "./journaledAccounts.ts"
import { makeUpdateCatalogue } from "./updateCatalogue.ts"
import { MarketFeed } from "./MarketFeed.ts"

/**
 * The same Kraken on simulated accounts, that of the principal for each call: the engine answers in Kraken's words, and they mean here what they
 * mean there.
 */
export const KrakenClientPaper = Layer.effect(
  KrakenClient,
  Effect.gen(function* () {
    const accounts = yield* PaperAccounts
    const feed = yield* MarketFeed
    const budget = yield* RateBudget
    const { refuse, take } = makeBudgetedCall(budget, DateTime.now)
    const learn = makeUpdateCatalogue(accounts, feed)

    /** What the market shows of the pairs that matter to a call, for the journal. Who cancels need not know it. */
    const observe = Effect.fnUntraced(function* (account: string, call: Command & { readonly endpoint: Endpoint }) {
      if (!isCancel(call.endpoint)) yield* learn(account, call)
      const look = feed.look(yield* accounts.concerns(account, call))
      const seen = isCancel(call.endpoint) ? Effect.orElseSucceed(look, () => []) : look
      return (yield* seen).map(toCommand)
    })

    const ask = Effect.fnUntraced(function* (endpoint: Endpoint, params: Params, priority: Priority) {
      yield* take(endpoint, params, priority)
      const seen = isPrivate(endpoint) ? Option.none() : yield* feed.read(endpoint, params)
      if (Option.isSome(seen)) return seen.value
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
          NoVerdict: ({ reason }) => new KrakenUnavailable({ endpoint, reason }),
          Refused: (refused) => refuse(endpoint, params, refused)
        }
      )
    })

    const send = Effect.fnUntraced(function* (
      endpoint: Endpoint,
      draft: Params,
      { intent, stamped = Effect.succeed(draft) }: WriteOptions
    ) {
      const { account } = yield* Principal
      const observed = yield* observe(account, { endpoint, params: draft })
      if (intent !== undefined && !(yield* mayLeave(endpoint, intent))) {
        const reason = "it waited too long, or another process has taken it over, so it was not sent"
        return yield* new KrakenNotPlaced({ endpoint, reason })
      }
      // From here to the answer nothing is waited for.
      const command = { endpoint, params: yield* stamped }
      const [first = command, ...others] = [...observed, command]
      return yield* resultOf(yield* accounts.carryOut(account, [first, ...others]), classifyWrite)
    })

    return KrakenClient.of({
      read: Effect.fn("KrakenClient.read")(function* (endpoint, params, { priority = "read" } = {}) {
        return toJson(yield* ask(endpoint, params, priority))
      }),
      write: Effect.fn("KrakenClient.write")(function* (endpoint, draft, options = {}) {
        yield* take(endpoint, draft, options.priority ?? "write")
        const open = (reason: string) => new KrakenOutcomeUnknown({ endpoint, reason, check: "", safeToRepeat: false })
        const result = yield* Effect.catchTags(send(endpoint, draft, options), {
          // Where the disk fails, what was written may turn up later.
          DatabaseUnavailable: ({ cause, reason }) =>
            String(Object(cause).code).startsWith("SQLITE_IOERR")
              ? open(reason)
              : new KrakenUnavailable({ endpoint, reason, cause }),
          NoVerdict: ({ reason }) => open(reason),
          Refused: (refused) => refuse(endpoint, draft, refused)
        })
        yield* budget.carriedOut(endpoint, draft, result)
        return toJson(result)
      }),
      download: Effect.fn("KrakenClient.download")(function* (endpoint, params, { priority = "read" } = {}) {
        const file = yield* ask(endpoint, params, priority)
        return file instanceof Uint8Array ? file : yield* new KrakenUnavailable({ endpoint, reason: "no file" })
      }),
      now: DateTime.now,
      clock: Effect.succeed({ epoch: 0, within: 0 })
    })
  })
)

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

/** As it would have come over the wire: whole numbers that a double can't hold are strings of their digits. */
const toJson = (result: unknown): unknown =>
  parseJson(JSON.stringify(result ?? null, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)))
