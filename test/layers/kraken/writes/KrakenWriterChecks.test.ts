import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import { KrakenOrderError, KrakenPermissionError, KrakenUnavailable } from "../../../../src/services/KrakenErrors.ts"
import { KrakenWriter } from "../../../../src/services/KrakenWriter.ts"
import { account, failure, noAnswer, send } from "../../../doubles/WriterAccount.ts"

const write = (endpoint: WriteEndpoint, params: Params) =>
  Effect.flatMap(KrakenWriter, (writer) => writer.send(endpoint, params))

describe("a check that can't be made", () => {
  const unreadable: ReadonlyArray<readonly [string, NonNullable<Parameters<typeof account>[0]["read"]>]> = [
    ["no answer", (endpoint) => new KrakenUnavailable({ endpoint, reason: "HTTP 502 with an HTML page" })],
    [
      "no permission",
      (endpoint) => new KrakenPermissionError({ endpoint, needed: [], refusedBy: "Kraken", hints: [] })
    ],
    ["an unknown shape", () => Effect.succeed({ open: "none" })]
  ]
  const withdrawal = { asset: "XBT", key: "cold", amount: "0.5" }

  for (const [what, read] of unreadable) {
    it.effect(`for ${what} refuses a withdrawal and an edit`, () => {
      const { layer, sent } = account({ write: () => Effect.die("sent"), read })
      return Effect.gen(function* () {
        const edit = { pair: "XBTUSD", price: "99000" }
        const writes = [
          write("private/Withdraw", withdrawal),
          write("private/EditOrder", { ...edit, txid: "OAAAAA-BBBBB-CCCCCC" }),
          write("private/EditOrder", { ...edit, txid: "7" })
        ]
        for (const one of writes) assert.strictEqual((yield* Effect.flip(one))._tag, "KrakenPrecheckFailed")
        assert.lengthOf(sent, 0)
      }).pipe(Effect.provide(layer))
    })

    it.effect(`for ${what} does not keep a withdrawal back that is meant as a repeat`, () => {
      const { layer, sent } = account({ write: () => Effect.succeed({ refid: "R1" }), read })
      return Effect.gen(function* () {
        yield* write("private/Withdraw", { ...withdrawal, repeat: true })
        assert.deepStrictEqual(sent, [withdrawal])
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("leaves a withdrawal unknown rather than take a row that may be older for it", () => {
    let reads = 0
    const row = { refid: "R7", ...withdrawal, time: 0, status: "Initial" }
    const { layer } = account({
      write: (endpoint) => noAnswer(endpoint),
      read: (endpoint) =>
        reads++ === 0 ? new KrakenUnavailable({ endpoint, reason: "timed out" }) : Effect.succeed([row])
    })
    return Effect.gen(function* () {
      const error = failure(yield* send("private/Withdraw", { ...withdrawal, repeat: true }))
      assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
    }).pipe(Effect.provide(layer))
  })

  it.effect("passes an edit of an order that Kraken does not know: Kraken refuses it itself", () => {
    const codes = ["EOrder:Unknown order"]
    const { layer, sent } = account({
      write: (endpoint) => new KrakenOrderError({ endpoint, codes }),
      read: (endpoint) => new KrakenOrderError({ endpoint, codes })
    })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(write("private/EditOrder", { txid: "OAAAAA-BBBBB-CCCCCC", pair: "XBTUSD" }))
      assert.strictEqual(error._tag, "KrakenOrderError")
      assert.lengthOf(sent, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("keeps an allocation back while Kraken does not answer, but not for want of a permission", () => {
    const [[, noAnswer], [, noPermission]] = unreadable as [(typeof unreadable)[0], (typeof unreadable)[0]]
    const allocate = write("private/Earn/Allocate", { strategy_id: "E1", amount: "5" })
    return Effect.gen(function* () {
      const silent = account({ write: () => Effect.die("sent"), read: noAnswer })
      const error = yield* Effect.flip(Effect.provide(allocate, silent.layer))
      assert.strictEqual(error._tag, "KrakenPrecheckFailed")
      const blind = account({ write: () => Effect.succeed(true), read: noPermission })
      assert.strictEqual((yield* Effect.provide(allocate, blind.layer)).result, true)
    })
  })
})
