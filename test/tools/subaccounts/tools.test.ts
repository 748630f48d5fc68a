import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { accountTransfer, createSubaccount } from "../../../src/tools/subaccounts/tools.ts"
import { getWebsocketsToken } from "../../../src/tools/trading/webSocketToken.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"
import { readOnly } from "../../doubles/TestPrincipal.ts"

const kraken = (answers: Record<string, unknown>, calls: Array<object> = []) =>
  TestKraken({
    answers,
    granted: ["withdraw-funds", "create-ws-token"],
    directory,
    onCall: (_, params) => calls.push(params)
  })

const user = { username: "desk2", email: "desk2@example.com" }

const transfer = {
  asset: "btc",
  amount: "0.1",
  from_account: "ABCD 1234 EFGH 5678",
  to_account: "IJKL 0987 MNOP 6543"
}

describe("subaccounts", () => {
  it.effect("creating one says in a field what Kraken says with a bare true", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* createSubaccount.run(user), { created: true })
      assert.deepStrictEqual(calls, [user])
    }).pipe(Effect.provide(kraken({ "private/CreateSubaccount": true }, calls)))
  })

  it.effect("a transfer names the accounts as Kraken does", () => {
    const calls: Array<object> = []
    const answer = { transfer_id: "TOH3AS2-LPCWR8-JDQGEU", status: "complete" }
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* accountTransfer.run(transfer), answer)
      assert.deepStrictEqual(calls, [
        { asset: "XBT", amount: "0.1", from: "ABCD 1234 EFGH 5678", to: "IJKL 0987 MNOP 6543" }
      ])
    }).pipe(Effect.provide(kraken({ "private/AccountTransfer": answer }, calls)))
  })

  it.effect("a transfer goes to another account", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(accountTransfer.call({ ...transfer, to_account: transfer.from_account }))
      assertFaults(faultsIn(error), [["to_account"]])
    }).pipe(Effect.provide(TestKraken({ granted: ["withdraw-funds"], onCall: () => assert.fail("Kraken was asked") })))
  )
})

describe("get_websockets_token", () => {
  it.effect("hands out the token and how long it may wait", () =>
    Effect.gen(function* () {
      const token = { token: "EXAMPLE-WEBSOCKET-TOKEN", expires: 900 }
      assert.deepStrictEqual((yield* getWebsocketsToken.call({})).structuredContent, token)
    }).pipe(
      Effect.provide(kraken({ "private/GetWebSocketsToken": { token: "EXAMPLE-WEBSOCKET-TOKEN", expires: 900 } }))
    )
  )
})

describe("a server that only reads", () => {
  it.effect("creates nothing, moves nothing, and gives no token that can trade", () =>
    Effect.gen(function* () {
      for (const [tool, args] of [
        [createSubaccount, user],
        [accountTransfer, transfer],
        [getWebsocketsToken, {}]
      ] as const) {
        const error = yield* Effect.flip(tool.call(args))
        assert.strictEqual(error._tag, "ReadOnlyMode", tool.name)
      }
    }).pipe(readOnly, Effect.provide(kraken({})))
  )
})
