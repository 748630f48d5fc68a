import { assert, describe, it } from "@effect/vitest"
import type { Facts } from "../../../src/domain/mandates/assess.ts"
import { allowed, judged, openBuy, openRow, own, rule, serverLimits, summary, under, withBooks } from "./judging.ts"

type Amended = NonNullable<Facts["amended"]>

const amend = (
  change: { readonly [name: string]: unknown },
  { hasClose = false, open = openBuy, row = openRow }: Partial<Amended> = {},
  rules = under(),
  more: Partial<Facts> = {}
) =>
  judged("private/AmendOrder", { cl_ord_id: "mine", ...change }, rules, { amended: { hasClose, open, row }, ...more })

/** Amends an order that nobody placed under these rules. */
const amendOthers = (change: { readonly [name: string]: unknown }, rules = under({ cancel: "any" }), row = openRow) =>
  judged("private/AmendOrder", { txid: "O1", ...change }, rules, { amended: { hasClose: false, open: undefined, row } })

/** An open sale of 0.001 BTC at 60,000 USD, of coins that the caller owns, and its row. */
const reducing = {
  open: {
    ...openBuy,
    asset: "BTC",
    amount: "0.001",
    gets: "USD",
    counts: [],
    order: { ...openBuy.order!, type: "sell", price: "60000", reduces: true }
  },
  row: { ...openRow, descr: { ...openRow.descr, type: "sell", price: "60000.0" } },
  hasClose: false
} as const satisfies Amended

/** The same sale of coins that the caller does not own. */
const counted = {
  ...reducing,
  open: {
    ...reducing.open,
    counts: [{ scope: "token1", bucket: "USD", rate: "60000" }],
    order: { ...reducing.open.order, reduces: false }
  }
} as const satisfies Amended

describe("an amendment", () => {
  it("reserves the increase, in the name of the order that it raises", () => {
    const { claim, params } = allowed(amend({ order_qty: "0.002", post_only: false }))
    assert.deepStrictEqual(params, { cl_ord_id: "mine", order_qty: "0.002" })
    assert.deepStrictEqual(claim.spends, [
      {
        kind: "order",
        asset: "USD",
        amount: "50.2",
        gets: "BTC",
        counts: [{ scope: "token1", bucket: "USD", rate: "1" }],
        order: { ...openBuy.order!, volume: "0.002" },
        raises: { intent: 7, n: 0, from: { amount: "50.2", volume: "0.001", price: "50000" } }
      }
    ])
  })

  it("does not raise an order with a close, which would not be raised with it", () => {
    const raised = [{ order_qty: "0.002" }, { limit_price: "50010" }]
    assert.deepStrictEqual(
      raised.map((change) => rule(amend(change, { hasClose: true }))),
      ["amend", "amend"]
    )
    assert.deepStrictEqual(summary(amend({ order_qty: "0.0005" }, { hasClose: true })), [])
  })

  it("does not go back to take more of a balance that has to stay", () => {
    const kept = under({ keep: { USD: "100" } })
    const balances = { balances: new Map([["USD", "1000"]]) }
    const smaller = { row: { ...openRow, vol: "0.0005" } }
    const cheaper = { row: { ...openRow, descr: { ...openRow.descr, price: "40000.0" } } }
    assert.strictEqual(rule(amend({ order_qty: "0.001" }, smaller, kept, balances)), "keep")
    assert.strictEqual(rule(amend({ order_qty: "0.002" }, smaller, kept, balances)), "keep")
    assert.strictEqual(rule(amend({ limit_price: "50000" }, cheaper, kept, balances)), "keep")
    assert.deepStrictEqual(summary(amend({ limit_price: "39000" }, cheaper, kept, balances)), [])
    assert.deepStrictEqual(summary(amend({ order_qty: "0.001" }, smaller, under({ keep: { ETH: "1" } }), balances)), [])
  })

  it("upward after a partial fill reserves by the whole volume", () => {
    const row = { ...openRow, vol_exec: "0.0009" }
    assert.deepStrictEqual(summary(amend({ order_qty: "0.002" }, { row })), ["50.2 USD, token1 USD 1"])
  })

  it("down and up again reserves by the highest volume and the highest price, at which it might have been filled", () => {
    const row = { ...openRow, vol: "0.0005", descr: { ...openRow.descr, price: "40000" } }
    assert.deepStrictEqual(summary(amend({ order_qty: "0.001", limit_price: "50000" }, { row })), [])
    assert.deepStrictEqual(summary(amend({ order_qty: "0.002", limit_price: "40000" }, { row })), [
      "50.2 USD, token1 USD 1"
    ])
    const risen = { ...openRow, descr: { ...openRow.descr, price: "51000" } }
    assert.deepStrictEqual(summary(amend({ order_qty: "0.0009" }, { row: risen })), ["1.004 USD, token1 USD 1"])
  })

  it("downward takes nothing, and needs no value", () => {
    const rules = under({ spending: { currency: "EUR", max: { day: "1" } } })
    for (const change of [{ order_qty: "0.0005" }, { limit_price: "49000" }, { display_qty: "0.0001" }])
      assert.deepStrictEqual(summary(amend(change, {}, rules, withBooks({ "EUR/USD": undefined }))), [])
  })

  it("has the rate at which the order counts already, or a higher one", () => {
    const open = {
      ...openBuy,
      counts: [
        { scope: "token1", bucket: "USD", rate: "2" },
        { scope: "*", bucket: "GBP", rate: "3" }
      ]
    }
    assert.deepStrictEqual(summary(amend({ order_qty: "0.002" }, { open })), ["50.2 USD, token1 USD 2, * GBP 3"])
    const { counts: _, ...unknown } = openBuy
    assert.strictEqual(rule(amend({ order_qty: "0.002" }, { open: unknown })), "? the order to amend")
  })

  it("is judged as the order that results", () => {
    assert.strictEqual(rule(amend({ limit_price: "60000" })), "collar")
    assert.strictEqual(rule(amend({ limit_price: "+1%" })), "price")
    assert.strictEqual(rule(amend({ order_qty: "0.002" }, {}, under({ notPairs: ["BTC/*"] }))), "not-pairs")
    assert.strictEqual(rule(amend({ order_qty: "0.002" }, {}, under({ access: "read" }))), "access")
    const stop = {
      ...openRow,
      descr: { ...openRow.descr, ordertype: "stop-loss-limit", price: "51000", price2: "52000" }
    }
    assert.strictEqual(rule(amend({ trigger_price: "60000", limit_price: "64000" }, { row: stop })), "collar")
    assert.deepStrictEqual(summary(amend({ trigger_price: "60000", limit_price: "63000" }, { row: stop })), [
      "13.052 USD, token1 USD 1"
    ])
  })

  it("binds balances and asks a person by the whole order", () => {
    const asking = under({ ask: { above: { amount: "100", asset: "USD" }, kinds: [] } })
    assert.deepStrictEqual(allowed(amend({ order_qty: "0.0015" }, {}, asking)).ask, [])
    assert.deepStrictEqual(allowed(amend({ order_qty: "0.002" }, {}, asking)).ask, ["above 100 USD"])
    const keep = amend({ order_qty: "0.002" }, {}, under({ keep: { USD: "100" } }), {
      balances: new Map([["USD", "150"]])
    })
    assert.strictEqual(summary(keep), "too much: 50.2 of 50 USD")
  })

  it("of a sale of owned coins is bound by what is owned, and by the collar", () => {
    assert.deepStrictEqual(summary(amend({ order_qty: "0.003" }, reducing, under(), own({ BTC: "0.002" }))), [
      "0.002 BTC"
    ])
    assert.strictEqual(rule(amend({ order_qty: "0.0031" }, reducing, under(), own({ BTC: "0.002" }))), "amend")
    assert.deepStrictEqual(summary(amend({ limit_price: "49000" }, reducing, under({ pairs: [], sides: ["buy"] }))), [])
    assert.deepStrictEqual(summary(amend({ limit_price: "-1%" }, reducing)), [])
    assert.strictEqual(rule(amend({ limit_price: "1" }, reducing)), "collar")
  })

  it("of a sale that counts raises its value with its price", () => {
    assert.deepStrictEqual(summary(amend({ limit_price: "50010" }, counted)), [])
    assert.deepStrictEqual(summary(amend({ limit_price: "70000" }, counted)), ["0 BTC, token1 USD 70000"])
    assert.deepStrictEqual(summary(amend({ order_qty: "0.003" }, counted)), ["0.002 BTC, token1 USD 60000"])
  })

  it("of a sale that counts keeps its value below the price that it had", () => {
    const { claim } = allowed(amend({ order_qty: "0.002", limit_price: "50010" }, counted))
    assert.deepInclude(claim.spends[0]?.order, { price: "60000", volume: "0.002" })
  })

  it("touches only own orders", () => {
    assert.strictEqual(rule(amendOthers({ order_qty: "0.0001" }, under())), "cancel")
  })

  it.each<readonly [string, { readonly [name: string]: unknown }, boolean]>([
    ["a smaller volume", { order_qty: "0.0005" }, true],
    ["a lower price", { limit_price: "49000" }, true],
    ["a larger volume", { order_qty: "0.0011" }, false],
    ["a higher price, at which it is bought sooner", { limit_price: "50001" }, false],
    ["a relative price", { limit_price: "-1%" }, false]
  ])("gives an order of others %s: %s", (_, change, passes) => {
    for (const rules of [under({ cancel: "any" }), { server: serverLimits }]) {
      const result = amendOthers(change, rules)
      assert.deepStrictEqual(passes ? summary(result) : rule(result), passes ? [] : "amend")
    }
  })

  it("does not sell for others what they wait with", () => {
    const any = under({ cancel: "any" })
    const stop = { ...reducing.row, descr: { ...reducing.row.descr, ordertype: "stop-loss", price: "40000" } }
    assert.strictEqual(rule(amendOthers({ limit_price: "50000" }, any, reducing.row)), "amend")
    assert.deepStrictEqual(summary(amendOthers({ limit_price: "61000" }, any, reducing.row)), [])
    assert.strictEqual(rule(amendOthers({ trigger_price: "49999" }, any, stop)), "amend")
    assert.deepStrictEqual(summary(amendOthers({ order_qty: "0.0005" }, any, stop)), [])
  })

  it("moves an order that a close made, and does not enlarge it", () => {
    const open = { ...reducing.open, parent: 0 }
    assert.deepStrictEqual(summary(amend({ limit_price: "55000" }, { ...reducing, open })), [])
    assert.strictEqual(rule(amend({ order_qty: "0.002" }, { ...reducing, open })), "amend")
    const child = { ...openBuy, parent: 0 }
    assert.deepStrictEqual(summary(amend({ limit_price: "49000" }, { open: child })), [])
    assert.strictEqual(rule(amend({ limit_price: "50001" }, { open: child })), "amend")
    // Its bound ends only when such orders are as large as what was filled.
    assert.strictEqual(rule(amend({ order_qty: "0.0005" }, { open: child })), "amend")
  })

  it("of an order that closes a position takes nothing", () => {
    const row = { ...reducing.row, descr: { ...reducing.row.descr, leverage: "2:1" } }
    assert.deepStrictEqual(summary(amend({ order_qty: "5" }, { ...reducing, row })), [])
  })

  it("of an order that cannot be told is refused", () => {
    const check = "? the order to amend"
    const change = { order_qty: "0.0005" }
    assert.strictEqual(rule(judged("private/AmendOrder", { txid: "O1", ...change })), check)
    assert.strictEqual(rule(amend({ ...change, txid: "O1" })), check)
    assert.strictEqual(rule(amend({ ...change, pair: "ETHUSD" })), check)
    assert.strictEqual(
      rule(amend(change, { open: { ...openBuy, order: { ...openBuy.order!, pair: "ETH/USD" } } })),
      check
    )
    assert.strictEqual(rule(amend(change, { open: reducing.open })), check)
    for (const row of [
      { ...openRow, vol: "x" },
      { ...openRow, oflags: "viqc" },
      { ...openRow, descr: { ...openRow.descr, pair: "NOPE" } },
      { ...openRow, descr: { ...openRow.descr, type: "neither" } },
      { ...openRow, descr: { ...openRow.descr, ordertype: "of tomorrow" } }
    ])
      assert.strictEqual(rule(amend(change, { row })), check)
  })

  it("by edit_order is refused, and amend_order named", () => {
    assert.deepInclude(judged("private/EditOrder", { txid: "O1", validate: true }), {
      rule: "edit_order",
      allowed: "amend_order"
    })
    assert.deepInclude(judged("private/EditOrder", { txid: "O1" }, { server: serverLimits }), { layer: "server" })
    assert.strictEqual(judged("private/EditOrder", { txid: "O1" }, {})._tag, "Allowed")
  })
})
