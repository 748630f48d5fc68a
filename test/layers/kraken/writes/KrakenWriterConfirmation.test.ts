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
  /** Results that tell that it happened, or that it was refused. */
  readonly told: ReadonlyArray<unknown>
  /** Results that tell nothing, beside those that tell nothing of any endpoint. */
  readonly untold: ReadonlyArray<unknown>
}

const count: Omit<Row, "params"> = { told: [{ count: 0 }, { count: 2, pending: true }], untold: [{ pending: true }] }
const holding = (name: string) => ({
  told: [{ [name]: "FT1", status: "complete" }],
  untold: [{ [name]: "" }, { [name]: null }]
})

/** What Kraken answers to each write. */
const rows: { readonly [E in WriteEndpoint]: Row } = {
  "private/AddOrder": {
    params: limit,
    told: [{ txid: [first], descr }],
    untold: [{ descr }, { descr, txid: [] }, { descr, txid: [""] }, { descr, txid: [null] }]
  },
  "private/AddOrderBatch": {
    params: { pair, orders: [order, order] },
    told: [
      { orders: [{ txid: first, descr }, { txid: second }] },
      { orders: [refused, { txid: second, error: null }] }
    ],
    untold: [
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
    told: [{ txid: second, descr, status: "ok", error_message: "" }],
    untold: [
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
    told: [{ currentTime: "2026-09-21T09:15:02Z", triggerTime: "0" }],
    untold: [{ currentTime: "2026-09-21T09:15:02Z" }]
  },
  "private/Withdraw": { params: { asset: "XBT", key: "cold", amount: "0.5" }, ...holding("refid") },
  "private/WithdrawCancel": { params: { asset: "XBT", refid: "FT1" }, told: [true, false], untold: [] },
  "private/WalletTransfer": { params: { asset: "XBT", amount: "0.5" }, ...holding("refid") },
  "private/AccountTransfer": { params: { asset: "XBT", amount: "0.5" }, ...holding("transfer_id") },
  "private/CreateSubaccount": { params: { username: "desk2" }, told: [true], untold: [false] },
  "private/Earn/Allocate": { params: earn, told: [true, { pending: true }], untold: [false] },
  "private/Earn/Deallocate": { params: earn, told: [true, { pending: false }], untold: [false] },
  "private/AddExport": { params: { report: "trades" }, ...holding("id") },
  "private/RemoveExport": { params: { id: "TCJA" }, told: [{ delete: true }, { cancel: true }], untold: [] },
  "private/DepositAddresses": {
    params: { asset: "XBT", method: "Bitcoin", new: true },
    told: [[{ address: "bc1q", expiretm: "0" }]],
    untold: [[{ expiretm: "0" }]]
  },
  "private/GetWebSocketsToken": {
    params: {},
    told: [{ token: "t", expires: 900 }],
    untold: [{ expires: 900 }, { token: "t" }]
  }
}

/** Cancels of what is named by an id: the server repeats them itself until it sees the end. */
const repeated: ReadonlySet<WriteEndpoint> = new Set<WriteEndpoint>([
  "private/CancelOrder",
  "private/CancelOrderBatch",
  "private/WithdrawCancel"
])

/** `null` is what an envelope without a result comes to. */
const nothing = [null, {}, [], "ok", 1]

describe("a success", () => {
  it("is known of every endpoint that a tool writes to", () => {
    const endpoints = Object.values(toolsets)
      .flat()
      .flatMap(({ endpoint, intent }) => (intent === "read" || endpoint === undefined ? [] : [endpoint]))
    assert.sameMembers([...new Set(endpoints)], Object.keys(rows))
  })

  for (const [endpoint, { params, told, untold }] of Object.entries(rows) as Array<[WriteEndpoint, Row]>) {
    it.effect(`of ${endpoint} is told by what it promises, and by nothing less`, () =>
      Effect.gen(function* () {
        for (const result of told) {
          const { layer, sent } = account({ write: () => Effect.succeed(result) })
          const answer = Either.getOrThrow(yield* Effect.provide(send(endpoint, params), layer))
          assert.isUndefined(answer.settled, JSON.stringify(result))
          assert.lengthOf(sent, 1)
        }
        for (const result of [...nothing, ...untold]) {
          const { layer, sent } = account({ write: () => Effect.succeed(result) })
          const answer = yield* Effect.provide(send(endpoint, params), layer)
          if (Either.isRight(answer)) assert.isDefined(answer.right.settled, JSON.stringify(result))
          else assert.include(["KrakenOutcomeUnknown", "KrakenNotPlaced"], answer.left._tag, JSON.stringify(result))
          if (!repeated.has(endpoint)) assert.lengthOf(sent, 1, "sent again")
        }
      })
    )
  }

  it.effect("without an id is looked up: the order that stands is found", () => {
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

  it.effect("of a batch that leaves an order out is looked up; what Kraken refused stays refused in its words", () => {
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

  it.effect("of a check needs no id", () => {
    const { layer } = account({ write: () => Effect.succeed({ descr }) })
    return Effect.gen(function* () {
      for (const endpoint of ["private/AddOrder", "private/EditOrder"] as const) {
        const answer = Either.getOrThrow(yield* send(endpoint, { ...limit, txid: first, validate: true }))
        assert.isUndefined(answer.settled)
      }
    }).pipe(Effect.provide(layer))
  })
})
