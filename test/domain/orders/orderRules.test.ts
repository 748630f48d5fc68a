// oxlint-disable vitest/expect-expect -- the assertions are in faults.ts
import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import * as fc from "fast-check"
import { amendFaults, editFaults } from "../../../src/domain/orders/changeRules.ts"
import type { Fault } from "../../../src/domain/orders/fault.ts"
import { batchFaults, orderFaults } from "../../../src/domain/orders/orderRules.ts"
import type { Order } from "../../../src/domain/orders/orders.ts"
import { runs } from "../../Property.ts"
import { assertFaults } from "../../fixtures/faults.ts"

const now = DateTime.unsafeMake("2026-09-21T09:15:00Z")

const limit: Order = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.5", price: "61234.5" }

/** Lists the faults of a limit order with some fields changed. `undefined` removes a field. */
const faultsOf = (change: { readonly [field in keyof Order]?: Order[field] | undefined }): ReadonlyArray<Fault> =>
  orderFaults(
    Object.fromEntries(Object.entries({ ...limit, ...change }).filter(([, value]) => value !== undefined)) as never,
    now
  )

describe("rules of an order", () => {
  it("finds no fault in sound orders of every type", () => {
    const sound: ReadonlyArray<Parameters<typeof faultsOf>[0]> = [
      {},
      { ordertype: "market", price: undefined },
      { ordertype: "market", price: undefined, oflags: ["viqc", "fciq"] },
      { oflags: ["post"], timeinforce: "GTC", userref: -7 },
      { ordertype: "iceberg", displayvol: "0.1", price: "+1%" },
      { ordertype: "stop-loss", price: "#5%", trigger: "index" },
      { ordertype: "take-profit-limit", price: "70000", price2: "-0.5%" },
      { ordertype: "trailing-stop", price: "+1.5%" },
      { ordertype: "trailing-stop-limit", price: "+500", price2: "+0" },
      { ordertype: "trailing-stop-limit", price: "+500", price2: "-1%" },
      { ordertype: "take-profit", price: "70000" },
      { price: "+0" },
      { leverage: "none" },
      { leverage: "100" },
      { ordertype: "settle-position", price: undefined, volume: "0", leverage: "3:1" },
      { ordertype: "market", price: undefined, volume: "0", leverage: "2", reduce_only: true },
      { timeinforce: "GTD", expiretm: "+5", starttm: "0" },
      { timeinforce: "GTD", expiretm: "+2678400", starttm: "+3600.25" },
      { timeinforce: "GTC", expiretm: "0" },
      { timeinforce: "GTD", expiretm: "1790000000" },
      { deadline: "2026-09-21T09:15:02Z", cl_ord_id: "6d1b345e-2821-40e2-ad83-4ecb18a06876" },
      { deadline: "2026-09-21T11:16:00.000+02:00", cl_ord_id: "da8e4ad59b78481c93e589746b0cf91f" },
      { close: { ordertype: "stop-loss-limit", price: "60000", price2: "59900" }, cl_ord_id: "mcp 1" }
    ]
    for (const order of sound) assertFaults(faultsOf(order), [], JSON.stringify(order))
  })

  it("says which price an order type needs, and which it does not take", () => {
    assertFaults(faultsOf({ price: undefined }), [["price"]])
    assertFaults(faultsOf({ ordertype: "stop-loss-limit" }), [["price2"]])
    assertFaults(faultsOf({ ordertype: "market" }), [["price", "61234.5"]])
    assertFaults(faultsOf({ close: { ordertype: "stop-loss", price: "1", price2: "2" } }), [["close.price2", "2"]])
  })

  it("says which prices are missing from an order of each type", () => {
    const missing = (ordertype: Order["ordertype"]) =>
      faultsOf({ ordertype, price: undefined, displayvol: ordertype === "iceberg" ? "0.1" : undefined, leverage: "2" })
    for (const ordertype of ["market", "settle-position"] as const) assert.deepStrictEqual(missing(ordertype), [])
    for (const ordertype of ["limit", "iceberg", "stop-loss", "take-profit", "trailing-stop"] as const)
      assert.deepStrictEqual(
        missing(ordertype).map(({ path }) => path),
        ["price"],
        ordertype
      )
    for (const ordertype of ["stop-loss-limit", "take-profit-limit", "trailing-stop-limit"] as const)
      assert.deepStrictEqual(
        missing(ordertype).map(({ path }) => path),
        ["price", "price2"],
        ordertype
      )
  })

  it("says how a price is written", () => {
    for (const text of ["", "61,234.5", "1e5", "$5", "+-5", ".5", "5.", "0x10", " 5"])
      assertFaults(faultsOf({ price: text }), [["price"]], text)
    assertFaults(faultsOf({ price: "1e5" }), [["price", "1e5", "+5", "-1.5%", "#100"]])
    assertFaults(faultsOf({ price: "0.00" }), [["price", "0.00", "limit"]])
    assertFaults(faultsOf({ ordertype: "stop-loss", price: "0" }), [["price", "0", "trigger"]])
    assertFaults(faultsOf({ ordertype: "trailing-stop", price: "+0" }), [["price", "+0", "distance"]])
    assertFaults(faultsOf({ ordertype: "trailing-stop-limit", price: "+1%", price2: "0" }), [
      ["price2", "0", "+0", "-0"]
    ])
    assertFaults(faultsOf({ price: "5%" }), [["price", "5%", "+5%", "-5%", "#5%"]])
    assertFaults(faultsOf({ ordertype: "trailing-stop", price: "-500" }), [["price", "-500", "+500"]])
    assertFaults(faultsOf({ ordertype: "trailing-stop-limit", price: "+1%", price2: "100" }), [
      ["price2", "100", "+100", "-100"]
    ])
  })

  it("says what an iceberg shows", () => {
    const iceberg = (volume: string, displayvol?: string) => faultsOf({ ordertype: "iceberg", volume, displayvol })
    assertFaults(iceberg("1", "0.06"), [["displayvol", "0.06", "1/15", "0.06667"]])
    assertFaults(iceberg("1", "1.5"), [["displayvol", "1.5", "1"]])
    assertFaults(iceberg("1"), [["displayvol", "missing", "1/15"]])
    assertFaults(iceberg("1", "x"), [["displayvol", "x"]])
    assertFaults(iceberg("1e5", "1"), [["volume", "1e5"]])
    assertFaults(iceberg("0", "1"), [["volume", "0"]])
    assertFaults(faultsOf({ displayvol: "0.1" }), [["displayvol", "0.1"]])
  })

  it("says which flags go with which order", () => {
    assertFaults(faultsOf({ oflags: ["post"], timeinforce: "IOC" }), [["oflags", "post", "IOC"]])
    assertFaults(faultsOf({ oflags: ["post"], timeinforce: "FOK" }), [["oflags", "post", "FOK"]])
    assertFaults(faultsOf({ ordertype: "stop-loss", oflags: ["post", "fcib", "fciq"] }), [
      ["oflags", "post"],
      ["oflags", "fcib", "fciq"]
    ])
    const market = { ordertype: "market", price: undefined, oflags: ["viqc"] } as const
    assertFaults(faultsOf({ oflags: ["viqc"] }), [["oflags", "viqc"]])
    assertFaults(faultsOf({ ...market, type: "sell" }), [["oflags", "viqc"]])
    assertFaults(faultsOf({ ...market, leverage: "2" }), [["oflags", "viqc"]])
  })

  it("says what margin needs", () => {
    assertFaults(faultsOf({ reduce_only: true }), [["leverage", "2"]])
    for (const leverage of [undefined, "none"])
      assertFaults(faultsOf({ ordertype: "settle-position", price: undefined, volume: "0", leverage }), [
        ["leverage", "2"]
      ])
    for (const leverage of ["1", "0", "05", "2.5", "x", "2:2", "2:1x", "x2", ""])
      assertFaults(faultsOf({ leverage }), [["leverage", "whole", "2", "2:1"]], leverage)
    assertFaults(faultsOf({ volume: "0.00" }), [["volume", "0.00", "0"]])
    assertFaults(faultsOf({ volume: "-1" }).slice(0, 1), [["volume", "-1", "0.5"]])
  })

  it("says how an order is named", () => {
    assertFaults(faultsOf({ userref: 1, cl_ord_id: "a" }), [["userref"]])
    for (const userref of [2 ** 31, -(2 ** 31) - 1, 1.5, Number.NaN])
      assertFaults(faultsOf({ userref }), [["userref", String(userref), "-2147483648", "2147483647"]])
    for (const id of ["", "nineteen-characters", "ünicode", "6d1b345e-2821-40e2-ad83-4ecb18a0687"])
      assert.strictEqual(faultsOf({ cl_ord_id: id })[0]?.path, "cl_ord_id", id)
  })

  it("says when an order may end", () => {
    const expiretm = (text: string) => faultsOf({ expiretm: text, timeinforce: "GTD" })
    assertFaults(expiretm("+4"), [["expiretm", "4", "ahead", "+5"]])
    assertFaults(expiretm("1789982000"), [["expiretm", "100", "past", "+5"]])
    assertFaults(expiretm("+9999999"), [["expiretm", "+2592000"]])
    assertFaults(expiretm("0"), [["expiretm", "missing", "GTD"]])
    assertFaults(faultsOf({ timeinforce: "GTD" }), [["expiretm", "missing", "GTD"]])
    assertFaults(expiretm("tomorrow"), [["expiretm", "tomorrow", "+3600"]])
    assertFaults(faultsOf({ starttm: "2026-09-21" }), [["starttm", "2026-09-21", "+3600"]])
  })

  it("says when the engine may take it last, by Kraken's clock where that is known", () => {
    const deadline = (text: string) => faultsOf({ deadline: text })
    assertFaults(deadline("2026-09-21T09:15:01.5Z"), [["deadline", "1.5", "ahead", "2", "60"]])
    assertFaults(deadline("2026-09-21T09:16:01Z"), [["deadline", "61", "ahead"]])
    assertFaults(deadline("2026-09-21T08:15:00Z"), [["deadline", "3600", "past"]])
    assertFaults(deadline("2026-09-21T09:15:00Z"), [["deadline", "0", "ahead"]])
    for (const text of [
      "+5",
      "1790000000",
      "2026-09-21",
      "+002026-09-21T09:15:02Z",
      "2026-13-21T09:15:02Z",
      "2026-09-21T09:15:02"
    ])
      assertFaults(deadline(text), [["deadline", text, "3339", "2026-09-21T09:15:02Z"]], text)
    assert.deepStrictEqual(orderFaults({ ...limit, deadline: "2026-09-21T08:15:00Z", expiretm: "1789982000" }), [])
  })
})

describe("rules of a batch", () => {
  it("names the order at fault", () => {
    const batch = {
      pair: "XBTUSD",
      orders: [limit, { ...limit, price: "-" }, { ...limit, ordertype: "market" as const }]
    }
    assert.deepStrictEqual(
      batchFaults(batch, now).map(({ path }) => path),
      ["orders.1.price", "orders.2.price"]
    )
  })

  it("has 2 to 15 orders, each with an id of its own, and one deadline", () => {
    const batch = (count: number) => ({ pair: "XBTUSD", orders: Array.from({ length: count }, () => limit) })
    assert.deepStrictEqual(batchFaults(batch(2)), [])
    assert.deepStrictEqual(batchFaults(batch(15)), [])
    for (const count of [0, 1, 16]) assert.strictEqual(batchFaults(batch(count))[0]?.path, "orders", String(count))
    const twin = { ...limit, cl_ord_id: "same" }
    assertFaults(batchFaults({ pair: "XBTUSD", orders: [twin, limit, twin], deadline: "now" }), [
      ["orders.2.cl_ord_id"],
      ["deadline", "3339", "2026-09-21T09:15:02Z"]
    ])
  })
})

describe("rules of a change", () => {
  it("amends one order, in something", () => {
    assert.deepStrictEqual(amendFaults({ txid: "O1", limit_price: "-1%", order_qty: "2", display_qty: "0.1" }), [])
    assert.deepStrictEqual(amendFaults({ cl_ord_id: "mine", trigger_price: "5" }), [])
    const amended = (change: object) => amendFaults({ txid: "O1", ...change })
    assertFaults(amended({ display_qty: "2", order_qty: "1" }), [["display_qty", "2", "order_qty", "1"]])
    assertFaults(amended({ limit_price: "0" }), [["limit_price", "0", "limit"]])
    assertFaults(amended({ trigger_price: "0" }), [["trigger_price", "0", "trigger"]])
    assertFaults(amendFaults({ post_only: true }), [["txid"], [""]])
    assertFaults(amendFaults({ txid: "O1", cl_ord_id: "a", order_qty: "0", display_qty: "-1" }), [
      ["txid"],
      ["order_qty", "0", "0.5"],
      ["display_qty", "-1", "0.5"]
    ])
  })

  it("edits something", () => {
    assert.deepStrictEqual(editFaults({ txid: "O1", pair: "XBTUSD", price: "+5", oflags: ["post"] }), [])
    assertFaults(editFaults({ txid: "O1", pair: "XBTUSD" }), [[""]])
    const edited = (change: object) => editFaults({ txid: "O1", pair: "XBTUSD", ...change })
    assertFaults(edited({ volume: "0" }), [["volume", "0"]])
    assertFaults(edited({ displayvol: "0" }), [["displayvol", "0"]])
    assertFaults(edited({ volume: "1", displayvol: "2" }), [["displayvol", "2", "volume", "1"]])
    assertFaults(edited({ price: "x" }), [["price", "x"]])
    assertFaults(edited({ price2: "x" }), [["price2", "x"]])
    assert.deepStrictEqual(
      editFaults({ txid: "O1", pair: "XBTUSD", volume: "1", displayvol: "2", userref: 0.5, deadline: "-" }, now).map(
        ({ path }) => path
      ),
      ["displayvol", "userref", "deadline"]
    )
  })
})

describe("relative prices that Kraken takes", () => {
  it.each(["+600", "-60", "+2%", "-2%", "49000"])("%s is sent for an amended order of any type", (price) => {
    assert.deepStrictEqual(amendFaults({ txid: "O1", limit_price: price, trigger_price: price }), [])
  })

  it("of an amendment have a direction", () => {
    assertFaults(amendFaults({ txid: "O1", trigger_price: "#5%" }), [["trigger_price", "#5%", "+5%", "-5%"]])
    assertFaults(amendFaults({ txid: "O1", limit_price: "#60" }), [["limit_price", "#60", "+60", "-60"]])
  })

  it.each(["+0", "-0", "+0%"])("%s is sent as the limit offset of a trailing stop", (price2) => {
    assert.deepStrictEqual(faultsOf({ ordertype: "trailing-stop-limit", price: "+500", price2 }), [])
  })
})

describe("suggested values", () => {
  it("pass the rule that suggests them", () => {
    const text = fc.stringMatching(/^[+\-#]?\d{1,3}(\.\d{1,3})?%?$/)
    const amount = fc.stringMatching(/^\d{1,3}(\.\d{1,6})?$/)
    fc.assert(
      fc.property(
        fc.constantFrom("limit", "iceberg", "trailing-stop", "trailing-stop-limit", "stop-loss-limit"),
        fc.record({
          price: text,
          price2: text,
          volume: amount,
          displayvol: amount,
          expiretm: fc.nat(9).map((s) => `+${s}`)
        }),
        (ordertype, given) => {
          for (const { fault, path } of faultsOf({ ...given, ordertype })) {
            const suggested = /: use (\S+?)(,| or .+)?$/.exec(fault)?.[1]
            if (suggested === undefined) continue
            const again = faultsOf({ ...given, ordertype, [path]: suggested })
            assert.notInclude(
              again.map((other) => other.path),
              path,
              `${path} ${suggested} after: ${fault}`
            )
          }
        }
      ),
      { numRuns: runs(1000) }
    )
  })
})
