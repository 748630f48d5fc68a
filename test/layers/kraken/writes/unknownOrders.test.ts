import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, TestClock } from "effect"
import type { Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import { Record } from "../../../../src/services/Record.ts"
import { account, failure, limit, listed, noAnswer, send } from "../../../doubles/WriterAccount.ts"

/** Makes a Kraken that gives no answer to writes. With the nonce window of its key, an order might still arrive. */
const silent = () => account({ nonceWindow: 1n, write: noAnswer })

const last = Effect.flatMap(Record, (record) => Effect.map(record.activity({ limit: 1 }), ([row]) => row))

const loseAnswer = Effect.fnUntraced(function* (endpoint: WriteEndpoint, params: Params) {
  assert.strictEqual(failure(yield* send(endpoint, params))._tag, "KrakenOutcomeUnknown")
  assert.deepInclude(yield* last, { endpoint, state: "unknown" })
})

describe("an order of unknown outcome", () => {
  it.effect("is looked up every minute until it is found, and is not sent again", () => {
    const { closed, layer, reads, sent } = silent()
    return Effect.gen(function* () {
      yield* loseAnswer("private/AddOrder", limit)
      const before = reads.length
      yield* TestClock.adjust("10 minutes")
      assert.deepInclude(yield* last, { state: "unknown" })
      const perMinute = (reads.length - before) / 10
      assert.isAtLeast(perMinute, 1)
      closed["O1"] = listed(sent[0] ?? {}, { status: "canceled" })
      yield* TestClock.adjust("2 minutes")
      assert.deepInclude(yield* last, { state: "happened", ids: ["O1"] })
      const found = reads.length
      yield* TestClock.adjust("10 minutes")
      assert.lengthOf(reads, found)
      assert.lengthOf(sent, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is not logged at every look", () => {
    const messages: Array<unknown> = []
    const { layer } = silent()
    const logger = Logger.make(({ message }) => {
      messages.push(message)
    })
    const noted = Logger.replace(Logger.defaultLogger, logger)
    return Effect.gen(function* () {
      yield* loseAnswer("private/AddOrder", limit)
      assert.isNotEmpty(messages)
      messages.length = 0
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(messages, [])
    }).pipe(Effect.provide(Layer.provideMerge(layer, noted)))
  })

  it.effect("is all that is looked up: nobody can find a transfer", () => {
    const { layer, reads } = silent()
    return Effect.gen(function* () {
      yield* loseAnswer("private/WalletTransfer", { asset: "XBT", amount: "1" })
      const before = reads.length
      yield* TestClock.adjust("10 minutes")
      assert.lengthOf(reads, before)
    }).pipe(Effect.provide(Layer.fresh(layer)))
  })
})
