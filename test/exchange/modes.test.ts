import { assert, describe, it } from "@effect/vitest"
import { parse, type TestExchange, makeTestExchange } from "../doubles/TestExchange.ts"

/** Makes an exchange whose market falls by 1000 after ten seconds, and ten seconds later is 500 above its start. */
const swing = () =>
  makeTestExchange({
    prices: [
      [0, "50000"],
      [10, "49000"],
      [20, "50500"]
    ]
  })

const halts = [
  { endpoint: "control/SystemStatus", status: "maintenance" },
  { endpoint: "control/SystemStatus", status: "cancel_only" },
  { endpoint: "control/SystemStatus", status: "post_only" },
  { endpoint: "control/PairStatus", pair: "XBTUSD", status: "cancel_only" },
  { endpoint: "control/PairStatus", pair: "XBTUSD", status: "post_only" }
]

const change = (v: TestExchange, { endpoint, ...params }: (typeof halts)[number], status = params.status) =>
  v.ok(endpoint, { ...params, status })

const statuses = (v: TestExchange, ids: ReadonlyArray<string>) => ids.map((id) => v.see(id).status)

describe.each(halts)("while $endpoint says $status", (halt) => {
  it("no price leads to a trade; orders that are still due are executed when trading resumes", () => {
    const v = swing()
    const resting = [v.order("buy 0.5 limit 49500"), v.order("sell 0.5 limit 50400"), v.order("buy 0.5 limit 48000")]
    const stops = [v.order("sell 0.5 stop-loss 49400"), v.order("buy 0.5 stop-loss 50300")]
    const scheduled = v.order("buy 0.5 market", { starttm: "+15" })
    const waiting = ["open", "open", "open", "open", "open", "pending"]
    change(v, halt)
    v.wait(25)
    const seen = [...resting, ...stops, scheduled].map((id) => v.x.orders.get(id)!)
    assert.deepStrictEqual(
      seen.map(({ status }) => status),
      waiting
    )
    assert.lengthOf([...v.x.accounts.values()][0]!.trades, 0)
    change(v, halt, "online")
    // At 50500 the market has already passed the prices of the first buy and the first stop.
    assert.deepStrictEqual(statuses(v, resting), ["open", "closed", "open"])
    assert.deepStrictEqual(statuses(v, stops), ["open", "closed"])
    assert.strictEqual(v.see(scheduled).status, "closed")
    assert.strictEqual(v.see(resting[1]!).price, "50400.00000")
    assert.strictEqual(v.see(stops[1]!).price, "50510.00000")
  })

  it("orders expire and can be cancelled", () => {
    const v = makeTestExchange()
    const ids = [v.order("buy 0.1 limit 49000", { expiretm: "+30" }), v.order("sell 0.1 limit 52000")]
    v.ok("CancelAllOrdersAfter", { timeout: 60 })
    change(v, halt)
    v.wait(40)
    assert.strictEqual(v.x.orders.get(ids[0]!)!.status, "expired")
    v.wait(40)
    assert.strictEqual(v.x.orders.get(ids[1]!)!.status, "canceled")
    assert.deepStrictEqual([...v.x.accounts.values()][0]!.holds.get("ZUSD"), 0n)
  })
})

describe("a new order", () => {
  const limit = { ...parse("buy 0.1 limit 49000") }
  const kinds = {
    market: parse("buy 0.1 market"),
    limit,
    post: { ...limit, oflags: "post" },
    "stop-loss": parse("sell 0.1 stop-loss 48000"),
    "stop-loss-limit": parse("sell 0.1 stop-loss-limit 48000 47900")
  }
  const cancelOnly = "EService:Market in cancel_only mode"
  const postOnly = "EService:Market in post_only mode"
  const wrongType = "EGeneral:Invalid arguments:ordertype"
  const cases: ReadonlyArray<readonly [string, string, Record<keyof typeof kinds, string | undefined>]> = [
    ["online", "online", all(undefined)],
    ["online", "cancel_only", all(cancelOnly)],
    ["online", "post_only", { ...all(postOnly), post: undefined }],
    ["online", "limit_only", { ...all(undefined), market: wrongType, "stop-loss": wrongType }],
    ["online", "reduce_only", all(wrongType)],
    ["cancel_only", "online", all(cancelOnly)],
    ["post_only", "online", { ...all(postOnly), post: undefined }],
    // The stricter mode applies.
    ["post_only", "cancel_only", all(cancelOnly)],
    ["cancel_only", "post_only", all(cancelOnly)],
    ["post_only", "reduce_only", { ...all(postOnly), post: wrongType }],
    ["maintenance", "online", all("EService:Unavailable")]
  ]

  it.each(cases)("on an exchange that is %s and a pair that is %s", (system, pair, expected) => {
    for (const [kind, order] of Object.entries(kinds)) {
      const v = makeTestExchange()
      v.ok("control/PairStatus", { pair: "BTC/USD", status: pair })
      v.ok("control/SystemStatus", { status: system })
      const answer = v.ask("AddOrder", order)
      assert.deepStrictEqual("errors" in answer ? answer.errors[0] : undefined, expected[kind as keyof typeof kinds])
    }
  })

  it("is affected only by the status of its own pair, which AssetPairs shows", () => {
    const v = makeTestExchange()
    v.ok("control/PairStatus", { pair: "XBTUSD", status: "cancel_only" })
    v.ok("AddOrder", { ...limit, pair: "ETHUSD" })
    const pairs = v.ok("public/AssetPairs", { pair: "XBTUSD,ETHUSD" })
    assert.deepStrictEqual([pairs.XXBTZUSD.status, pairs.XETHZUSD.status], ["cancel_only", "online"])
    assert.strictEqual(v.refused("AddOrder", { ...limit, pair: "ACAEUR", volume: "20000" }), cancelOnly)
    assert.strictEqual(v.refused("control/PairStatus", { pair: "XBTUSD", status: "maintenance" }), wrong("status"))
  })

  it("is limited on a limit_only pair, but resting orders are still filled", () => {
    const v = swing()
    const txid = v.order("buy 0.5 limit 49500")
    v.ok("control/PairStatus", { pair: "XBTUSD", status: "limit_only" })
    v.wait(15)
    assert.strictEqual(v.see(txid).status, "closed")
  })

  function all(error: string | undefined): Record<keyof typeof kinds, string | undefined> {
    return { market: error, limit: error, post: error, "stop-loss": error, "stop-loss-limit": error }
  }

  function wrong(field: string) {
    return `EGeneral:Invalid arguments:${field}`
  }
})
