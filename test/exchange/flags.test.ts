import { assert, describe, it } from "@effect/vitest"
import { opening } from "../doubles/TestMarket.ts"
import { makeTestExchange } from "../doubles/TestExchange.ts"

describe("order flags", () => {
  it("post-only: an order that would take is accepted, and cancelled with a reason", () => {
    const v = makeTestExchange()
    assert.deepInclude(v.see(v.order("buy 1 limit 50010", { oflags: "post" })), {
      status: "canceled",
      reason: "Post only order",
      vol_exec: "0.00000000"
    })
    assert.strictEqual(v.see(v.order("buy 1 limit 50009.9", { oflags: "post" })).status, "open")
  })

  it("IOC executes against the offers in the book and cancels the rest", () => {
    const v = makeTestExchange()
    const order = v.see(v.order("buy 1.5 limit 50010", { timeinforce: "IOC" }))
    assert.deepInclude(order, { status: "canceled", reason: "Immediate or cancel", vol_exec: "1.00000000" })
  })

  it("FOK executes completely or not at all", () => {
    const v = makeTestExchange()
    const none = v.see(v.order("buy 1.5 limit 50010", { timeinforce: "FOK" }))
    assert.deepInclude(none, { status: "canceled", reason: "Fill or kill", vol_exec: "0.00000000" })
    assert.strictEqual(v.see(v.order("buy 1.5 limit 50020", { timeinforce: "FOK" })).status, "closed")
  })

  it("GTD expires", () => {
    const v = makeTestExchange()
    const txid = v.order("buy 1 limit 49000", { timeinforce: "GTD", expiretm: "+30" })
    v.wait(29)
    assert.strictEqual(v.see(txid).status, "open")
    v.wait(1)
    assert.deepInclude(v.see(txid), { status: "expired", closetm: opening / 1000 + 30 })
    assert.strictEqual(v.ok("BalanceEx").ZUSD.hold_trade, "0.0000")
  })

  it("starttm keeps an order pending; its funds are checked when it starts", () => {
    const v = makeTestExchange()
    const txid = v.order("buy 1 market", { starttm: "+60" })
    assert.strictEqual(v.see(txid).status, "pending")
    v.wait(60)
    assert.strictEqual(v.see(txid).status, "closed")
    const late = v.order("buy 1.9 limit 50000", { starttm: String(opening / 1000 + 120) })
    v.wait(60)
    assert.deepInclude(v.see(late), { status: "canceled", reason: "Insufficient funds" })
  })

  it("a conditional close is placed for each fill", () => {
    const v = makeTestExchange()
    const close = { ordertype: "stop-loss-limit", price: "48000", price2: "47900" }
    const answer = v.ok("AddOrder", { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "1.5", close })
    assert.strictEqual(answer.descr.close, "close position @ stop loss 48000.0 -> limit 47900.0")
    const open: Record<string, { refid: string; vol: string; descr: { order: string } }> = v.ok("OpenOrders").open
    const closes = Object.values(open)
    assert.deepStrictEqual(
      closes.map(({ refid, vol }) => [refid, vol]),
      [
        [answer.txid[0], "0.50000000"],
        [answer.txid[0], "1.00000000"]
      ]
    )
    assert.strictEqual(closes[0]!.descr.order, "sell 0.50000000 XBTUSD @ stop loss 48000.0 -> limit 47900.0")
  })

  it("viqc spends an amount of the quote currency", () => {
    const v = makeTestExchange()
    const order = v.see(v.order("buy 75015 market", { oflags: "viqc" }))
    assert.deepInclude(order, { status: "closed", vol: "75015.0000", oflags: "fciq,viqc" })
    // 1 at 50010 costs 50010; the rest buys 0.49990003 at 50020, slightly less than the money left.
    assert.strictEqual(order.cost, "75014.99950")
    assert.strictEqual(v.ok("Balance").XXBT, "11.4999000300")
  })

  it("fcib takes the fee in the base currency, fciq in the quote currency", () => {
    const v = makeTestExchange()
    v.order("buy 1 limit 50010", { oflags: "fcib" })
    assert.deepStrictEqual(v.ok("Balance"), { ZUSD: "49990.0000", XXBT: "10.9960000000" })
  })

  it("self-trade prevention cancels the newest, the oldest, or both", () => {
    const states = ["cancel-newest", "cancel-oldest", "cancel-both"].map((stptype) => {
      const v = makeTestExchange()
      const old = v.order("buy 1 limit 50005")
      const young = v.order("sell 1 limit 50005", { stptype })
      return [v.see(old).status, v.see(young).status]
    })
    assert.deepStrictEqual(states, [
      ["open", "canceled"],
      ["canceled", "open"],
      ["canceled", "canceled"]
    ])
  })

  it("validate checks everything and changes nothing", () => {
    const v = makeTestExchange()
    const order = { pair: "XBTUSD", type: "buy", ordertype: "limit", price: "49000", volume: "1", validate: true }
    assert.deepStrictEqual(v.ok("AddOrder", order), { descr: { order: "buy 1.00000000 XBTUSD @ limit 49000.0" } })
    assert.deepStrictEqual(v.ok("OpenOrders"), { open: {} })
    const dear = { ...order, volume: "100", validate: false }
    assert.strictEqual(v.refused("AddOrder", dear), "EOrder:Insufficient funds")
  })

  it("a deadline that has passed refuses the order", () => {
    const v = makeTestExchange()
    const order = { pair: "XBTUSD", type: "buy", ordertype: "limit", price: "49000", volume: "1" }
    const at = (seconds: number) => new Date(opening + seconds * 1000).toISOString()
    assert.strictEqual(v.refused("AddOrder", { ...order, deadline: at(-1) }), "EService:Deadline elapsed")
    assert.strictEqual(v.refused("AddOrder", { ...order, deadline: at(61) }), "EGeneral:Invalid arguments:deadline")
    v.ok("AddOrder", { ...order, deadline: at(5) })
  })

  it("relative prices count from the last trade", () => {
    const v = makeTestExchange()
    const price = (text: string, type = "buy") =>
      v.see(v.order(`${type} 0.01 limit ${text}`, { oflags: "post" })).descr.price
    assert.strictEqual(price("-100"), "49900.0")
    assert.strictEqual(price("-1.5%"), "49250.0")
    assert.strictEqual(price("#100"), "49900.0")
    assert.strictEqual(price("#1%", "sell"), "50500.0")
  })
})

describe("an invalid order is refused", () => {
  const good = { pair: "XBTUSD", type: "buy", ordertype: "limit", price: "49000", volume: "1" }
  const cases: ReadonlyArray<readonly [change: Record<string, unknown>, error: string]> = [
    [{ pair: "XBTZZZ" }, "EQuery:Unknown asset pair"],
    [{ pair: "XBT/USD" }, "EQuery:Unknown asset pair"],
    [{ pair: undefined }, "EGeneral:Invalid arguments:pair"],
    [{ pair: "AAPLxUSD" }, "EQuery:Unknown asset pair"],
    [{ pair: "ACAEUR" }, "EService:Market in cancel_only mode"],
    [{ type: "long" }, "EGeneral:Invalid arguments:type"],
    [{ ordertype: "Limit" }, "EGeneral:Invalid arguments:ordertype"],
    [{ timeinforce: "DAY" }, "EGeneral:Invalid arguments:timeinforce"],
    [{ trigger: "mark" }, "EGeneral:Invalid arguments:trigger"],
    [{ pair: "ETHXBT", trigger: "index" }, "EGeneral:Invalid arguments:Index unavailable"],
    [{ stptype: "none" }, "EGeneral:Invalid arguments:stptype"],
    [{ oflags: "post,now" }, "EGeneral:Invalid arguments:oflags"],
    [{ oflags: "fcib,fciq" }, "EGeneral:Invalid arguments:oflags"],
    [{ oflags: "viqc" }, "EGeneral:Invalid arguments:oflags"],
    [{ ordertype: "market", oflags: "post" }, "EGeneral:Invalid arguments:oflags"],
    [{ price: undefined }, "EGeneral:Invalid arguments:price"],
    [{ price: "cheap" }, "EGeneral:Invalid arguments:price"],
    [{ price: "49000.01" }, "EOrder:Invalid price:XXBTZUSD price can only be specified up to 1 decimals."],
    [{ ordertype: "trailing-stop", price: "500" }, "EGeneral:Invalid arguments:price"],
    [{ ordertype: "stop-loss-limit" }, "EGeneral:Invalid arguments:price2"],
    [{ volume: "0" }, "EGeneral:Invalid arguments:volume"],
    [{ volume: "-1" }, "EGeneral:Invalid arguments:volume"],
    [{ volume: "0.123456789" }, "EGeneral:Invalid arguments:volume"],
    [{ volume: "0.00001" }, "EGeneral:Invalid arguments:volume minimum not met"],
    [{ volume: "0.00005", price: "100" }, "EOrder:Cost minimum not met"],
    [{ ordertype: "iceberg" }, "EGeneral:Invalid arguments:displayvol"],
    [{ ordertype: "iceberg", displayvol: "0.05" }, "EGeneral:Invalid arguments:displayvol"],
    [{ userref: 1, cl_ord_id: "a" }, "EGeneral:Invalid arguments:cl_ord_id"],
    [{ cl_ord_id: "a name that is far too long" }, "EGeneral:Invalid arguments:cl_ord_id"],
    [{ timeinforce: "GTD" }, "EGeneral:Invalid arguments:expiretm"],
    [{ timeinforce: "GTD", expiretm: "+4" }, "EGeneral:Invalid arguments:expiretm"],
    [{ close: { ordertype: "market", price: "1" } }, "EGeneral:Invalid arguments:ordertype"],
    [{ volume: "3" }, "EOrder:Insufficient funds"]
  ]
  for (const [change, error] of cases) {
    it(`${JSON.stringify(change)}: ${error}`, () => {
      assert.strictEqual(makeTestExchange().refused("AddOrder", { ...good, ...change }), error)
    })
  }

  it("a client id of an open order, until that order has ended", () => {
    const v = makeTestExchange()
    const txid = v.order("buy 0.1 limit 49000", { cl_ord_id: "mine" })
    assert.strictEqual(v.refused("AddOrder", { ...good, cl_ord_id: "mine" }), "EGeneral:Invalid arguments:cl_ord_id")
    v.ok("CancelOrder", { txid })
    v.order("buy 0.1 limit 49000", { cl_ord_id: "mine" })
  })
})
