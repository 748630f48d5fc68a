import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import type { Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import {
  KrakenAuthError,
  KrakenCredentialsMissing,
  type KrakenError,
  KrakenLockout,
  KrakenOrderError,
  KrakenPermissionError,
  KrakenUnavailable
} from "../../../../src/services/KrakenErrors.ts"
import { PaperAccountBroken } from "../../../../src/services/PaperAccountBroken.ts"
import { KrakenWriter } from "../../../../src/services/KrakenWriter.ts"
import { account, failure, noAnswer, send } from "../../../doubles/WriterAccount.ts"

const write = (endpoint: WriteEndpoint, params: Params) =>
  Effect.flatMap(KrakenWriter, (writer) => writer.send(endpoint, params))

describe("a check that cannot be made", () => {
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
    it.effect(`because of ${what} refuses a withdrawal and an edit`, () => {
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

    it.effect(`because of ${what} does not stop a withdrawal with repeat`, () => {
      const { layer, sent } = account({ write: () => Effect.succeed({ refid: "R1" }), read })
      return Effect.gen(function* () {
        yield* write("private/Withdraw", { ...withdrawal, repeat: true })
        assert.deepStrictEqual(sent, [withdrawal])
      }).pipe(Effect.provide(layer))
    })
  }

  const endpoint = "private/WithdrawStatus"
  it.effect.each([
    new KrakenCredentialsMissing({ endpoint }),
    new KrakenAuthError({ endpoint, codes: [], reason: "key" }),
    new KrakenLockout({ endpoint, until: DateTime.unsafeMake(0) }),
    new PaperAccountBroken({ account: "a", file: "paper.db", reason: "broken" })
  ] as ReadonlyArray<KrakenError>)("passes on errors that would stop the write as well: %s", (error) => {
    const { layer } = account({ write: () => Effect.die("sent"), read: () => error })
    return Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(write("private/Withdraw", withdrawal)))._tag, error._tag)
    }).pipe(Effect.provide(layer))
  })

  it.effect("names the check and the reason", () => {
    const refusal = (read: (typeof unreadable)[0][1]) => {
      const { layer } = account({ write: () => Effect.die("sent"), read })
      return Effect.provide(Effect.flip(write("private/Withdraw", withdrawal)), layer)
    }
    return Effect.gen(function* () {
      const lost = new KrakenUnavailable({ endpoint, reason: "timed out" })
      const check = "whether the same withdrawal was made within ten minutes"
      const known = { _tag: "KrakenPrecheckFailed", endpoint: "private/Withdraw", check } as const
      assert.deepInclude(yield* refusal(() => lost), { ...known, reason: lost.message })
      const reason = "Kraken's answer does not have the documented shape"
      assert.deepInclude(yield* refusal(() => Effect.succeed({})), { ...known, reason })
    })
  })

  it.effect("leaves a lost withdrawal unknown if the only row might be older", () => {
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

  it.effect("lets an edit of an order pass that Kraken does not know, so that Kraken refuses it", () => {
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

  it.effect("stops an allocation while Kraken does not answer, but not for a missing permission", () => {
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
