import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import type { Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import { toolsets } from "../../../../src/tools/toolsets.ts"
import { account, limit, listed, send } from "../../../doubles/WriterAccount.ts"

const { pair, ...order } = limit
const [first, second] = ["OAAAAA-AAAAA-AAAAAA", "OBBBBB-BBBBB-BBBBBB"]
const earn = { strategy_id: "E1", amount: "5" }
const descr = { order: "buy 0.01000000 XBTUSD @ limit 100000.0" }
const refused = { descr, error: "EOrder:Insufficient funds" }

interface Row {
  readonly params: Params
  /** Results that say that the write happened or was refused. */
  readonly confirming: ReadonlyArray<unknown>
  /** Results that do not say whether it happened, in addition to those in `neverConfirming`. */
  readonly unconfirming: ReadonlyArray<unknown>
}

const count: Omit<Row, "params"> = {
  confirming: [{ count: 0 }, { count: 2, pending: true }],
  unconfirming: [{ pending: true }]
}
const holding = (name: string) => ({
  confirming: [{ [name]: "FT1", status: "complete" }],
  unconfirming: [{ [name]: "" }, { [name]: null }]
})

/** Kraken's results by endpoint. */
const rows: { readonly [E in WriteEndpoint]: Row } = {
  "private/AddOrder": {
    params: limit,
    confirming: [{ txid: [first], descr }],
    unconfirming: [{ descr }, { descr, txid: [] }, { descr, txid: [""] }, { descr, txid: [null] }]
  },
  "private/AddOrderBatch": {
    params: { pair, orders: [order, order] },
    confirming: [
      { orders: [{ txid: first, descr }, { txid: second }] },
      { orders: [refused, { txid: second, error: null }] }
    ],
    unconfirming: [
      { orders: [] },
      { orders: [{ txid: first }] },
      { orders: [{ txid: first }, { descr }] },
      { orders: [{ txid: first }, { txid: "" }] },
      { orders: [{ txid: first }, { error: "EService:Unavailable" }] },
      { orders: [{ txid: first }, { error: "ENew:Something" }] },
      { orders: [{ txid: first }, { txid: second, error: "EOrder:Insufficient funds" }] },
      { orders: [{ txid: first }, { txid: second }, { txid: second }] }
    ]
  },
  "private/AmendOrder": { params: { txid: first, limit_price: "99000" }, ...holding("amend_id") },
  "private/EditOrder": {
    params: { txid: first, pair, price: "99000" },
    confirming: [{ txid: second, descr, status: "ok", error_message: "" }],
    unconfirming: [
      { descr },
      { status: "Err", error_message: "refused" },
      { txid: second, error_message: "refused" },
      { txid: second, status: "Err" }
    ]
  },
  "private/CancelOrder": { params: { txid: first }, ...count },
  "private/CancelOrderBatch": { params: { orders: [first] }, ...count },
  "private/CancelAll": { params: {}, ...count },
  "private/CancelAllOrdersAfter": {
    params: { timeout: 60 },
    confirming: [{ currentTime: "2026-09-21T09:15:02Z", triggerTime: "0" }],
    unconfirming: [{ currentTime: "2026-09-21T09:15:02Z" }]
  },
  "private/Withdraw": { params: { asset: "XBT", key: "cold", amount: "0.5" }, ...holding("refid") },
  "private/WithdrawCancel": { params: { asset: "XBT", refid: "FT1" }, confirming: [true, false], unconfirming: [] },
  "private/WalletTransfer": { params: { asset: "XBT", amount: "0.5" }, ...holding("refid") },
  "private/AccountTransfer": { params: { asset: "XBT", amount: "0.5" }, ...holding("transfer_id") },
  "private/CreateSubaccount": { params: { username: "desk2" }, confirming: [true], unconfirming: [false] },
  "private/Earn/Allocate": { params: earn, confirming: [true, { pending: true }], unconfirming: [false] },
  "private/Earn/Deallocate": { params: earn, confirming: [true, { pending: false }], unconfirming: [false] },
  "private/AddExport": { params: { report: "trades" }, ...holding("id") },
  "private/RemoveExport": {
    params: { id: "TCJA" },
    confirming: [{ delete: true }, { cancel: true }],
    unconfirming: []
  },
  "private/DepositAddresses": {
    params: { asset: "XBT", method: "Bitcoin", new: true },
    confirming: [[{ address: "bc1q", expiretm: "0" }]],
    unconfirming: [[{ expiretm: "0" }]]
  },
  "private/GetWebSocketsToken": {
    params: {},
    confirming: [{ token: "t", expires: 900 }],
    unconfirming: [{ expires: 900 }, { token: "t" }]
  }
}

/** Cancels by an id, which the server repeats until it sees the end. */
const repeated: ReadonlySet<WriteEndpoint> = new Set<WriteEndpoint>([
  "private/CancelOrder",
  "private/CancelOrderBatch",
  "private/WithdrawCancel"
])

/** Results that confirm no write. An envelope without a result gives `null`. */
const neverConfirming = [null, {}, [], "ok", 1]

describe("a success", () => {
  it("is defined for every endpoint that a tool writes to", () => {
    const endpoints = Object.values(toolsets)
      .flat()
      .flatMap(({ endpoint, intent }) => (intent === "read" || endpoint === undefined ? [] : [endpoint]))
    assert.sameMembers([...new Set(endpoints)], Object.keys(rows))
  })

  for (const [endpoint, { params, confirming, unconfirming }] of Object.entries(rows) as Array<[WriteEndpoint, Row]>) {
    it.effect(`of ${endpoint} is confirmed only by the ids or values that the endpoint promises`, () =>
      Effect.gen(function* () {
        for (const result of confirming) {
          const { layer, sent } = account({ write: () => Effect.succeed(result) })
          const answer = Either.getOrThrow(yield* Effect.provide(send(endpoint, params), layer))
          assert.isUndefined(answer.settled, JSON.stringify(result))
          assert.lengthOf(sent, 1)
        }
        for (const result of [...neverConfirming, ...unconfirming]) {
          const { layer, sent } = account({ write: () => Effect.succeed(result) })
          const answer = yield* Effect.provide(send(endpoint, params), layer)
          if (Either.isRight(answer)) assert.isDefined(answer.right.settled, JSON.stringify(result))
          else assert.include(["KrakenOutcomeUnknown", "KrakenNotPlaced"], answer.left._tag, JSON.stringify(result))
          if (!repeated.has(endpoint)) assert.lengthOf(sent, 1, "sent again")
        }
      })
    )
  }

  it.effect("without an id is looked up, and the order is found", () => {
    const { layer, open, sent } = account({
      write: (_, params) => {
        open[first] = listed(params)
        return Effect.succeed({ descr })
      }
    })
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/AddOrder", limit))
      assert.deepInclude(answer.result, { txid: [first], cl_ord_id: sent[0]?.["cl_ord_id"] })
      assert.strictEqual(answer.settled?.state, "open")
    }).pipe(Effect.provide(layer))
  })

  it.effect("of a batch that leaves an order out is looked up, and the errors of refused orders are kept", () => {
    const { layer, open } = account({
      write: (_, params) => {
        const [placed] = params["orders"] as ReadonlyArray<Params>
        open[first] = listed({ ...placed, pair })
        return Effect.succeed({ orders: [{ descr }, refused] })
      },
      nonceWindow: 5000n
    })
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/AddOrderBatch", { pair, orders: [order, order] }))
      const { orders } = answer.result as { readonly orders: ReadonlyArray<object> }
      assert.deepInclude(orders[0], { txid: first })
      assert.deepInclude(orders[1], { error: refused.error })
      assert.isDefined(answer.settled)
    }).pipe(Effect.provide(layer))
  })

  it.effect("of an order with validate needs no id", () => {
    const { layer } = account({ write: () => Effect.succeed({ descr }) })
    return Effect.gen(function* () {
      for (const endpoint of ["private/AddOrder", "private/EditOrder"] as const) {
        const answer = Either.getOrThrow(yield* send(endpoint, { ...limit, txid: first, validate: true }))
        assert.isUndefined(answer.settled)
      }
    }).pipe(Effect.provide(layer))
  })
})
