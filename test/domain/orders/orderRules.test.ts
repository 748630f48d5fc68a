import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import * as fc from "fast-check"
import { amendFaults, editFaults } from "../../../src/domain/orders/changeRules.ts"
import type { Fault } from "../../../src/domain/orders/fault.ts"
import { batchFaults, orderFaults } from "../../../src/domain/orders/orderRules.ts"
import type { Order } from "../../../src/domain/orders/orders.ts"
import { runs } from "../../Property.ts"

const now = DateTime.unsafeMake("2026-09-21T09:15:00Z")

const limit: Order = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.5", price: "61234.5" }

/** The faults of a limit order with some fields changed; `undefined` takes a field away. */
const faultsOf = (change: { readonly [field in keyof Order]?: Order[field] | undefined }): ReadonlyArray<Fault> =>
  orderFaults(
    Object.fromEntries(Object.entries({ ...limit, ...change }).filter(([, value]) => value !== undefined)) as never,
    now
  )

const said = (faults: ReadonlyArray<Fault>) => faults.map(({ fault, path }) => `${path}: ${fault}`)

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
    for (const order of sound) assert.deepStrictEqual(said(faultsOf(order)), [], JSON.stringify(order))
  })

  it("says which price an order type needs, and which it does not take", () => {
    assert.deepStrictEqual(said(faultsOf({ price: undefined })), [
      "price: price is missing: a limit order needs its limit price"
    ])
    assert.deepStrictEqual(said(faultsOf({ ordertype: "stop-loss-limit" })), [
      "price2: price2 is missing: a stop-loss-limit order needs its limit price"
    ])
    assert.deepStrictEqual(said(faultsOf({ ordertype: "market" })), [
      "price: price 61234.5 is not taken by a market order: leave it out"
    ])
    assert.deepStrictEqual(said(faultsOf({ close: { ordertype: "stop-loss", price: "1", price2: "2" } })), [
      "close.price2: close price2 2 is not taken by a stop-loss order: leave it out"
    ])
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
    const price = (text: string) => said(faultsOf({ price: text }))[0]
    const how = "write digits like 61234.5, relative ones like +5, -1.5% or #100"
    for (const text of ["", "61,234.5", "1e5", "$5", "+-5", ".5", "5.", "0x10", " 5"])
      assert.strictEqual(price(text), `price: price ${text} is not a price: ${how}`)
    assert.strictEqual(price("0.00"), "price: price 0.00 must be above zero: give the limit price")
    assert.deepStrictEqual(said(faultsOf({ ordertype: "stop-loss", price: "0" })), [
      "price: price 0 must be above zero: give the trigger price"
    ])
    assert.deepStrictEqual(said(faultsOf({ ordertype: "trailing-stop", price: "+0" })), [
      "price: price +0 must be above zero: give the trailing distance"
    ])
    assert.deepStrictEqual(said(faultsOf({ ordertype: "trailing-stop-limit", price: "+1%", price2: "0" })), [
      "price2: price2 0 must begin with + or - since it is a limit offset: use +0 or -0"
    ])
    assert.strictEqual(price("5%"), "price: price 5% is a percentage without a direction: use +5%, -5% or #5%")
    assert.deepStrictEqual(
      said(faultsOf({ ordertype: "trailing-stop", price: "-500" })).concat(
        said(faultsOf({ ordertype: "trailing-stop-limit", price: "+1%", price2: "100" }))
      ),
      [
        "price: price -500 must begin with + since it is a trailing distance: use +500",
        "price2: price2 100 must begin with + or - since it is a limit offset: use +100 or -100"
      ]
    )
  })

  it("says what an iceberg shows", () => {
    const iceberg = (displayvol?: string) => said(faultsOf({ ordertype: "iceberg", volume: "1", displayvol }))
    assert.deepStrictEqual(iceberg("0.06"), ["displayvol: displayvol 0.06 is less than 1/15 of volume 1: use 0.06667"])
    assert.deepStrictEqual(iceberg("1.5"), ["displayvol: displayvol 1.5 is more than volume 1: use 1 or less"])
    assert.deepStrictEqual(iceberg(), [
      "displayvol: displayvol is missing: an iceberg shows at least 1/15 of its volume"
    ])
    const amounts = (volume: string, displayvol: string) =>
      said(faultsOf({ ordertype: "iceberg", volume, displayvol })).map((text) => text.replace(/:[^:]*$/, ""))
    assert.deepStrictEqual(amounts("1", "x"), ["displayvol: displayvol x is not an amount above zero"])
    assert.deepStrictEqual(amounts("1e5", "1"), ["volume: volume 1e5 is not an amount"])
    assert.deepStrictEqual(amounts("0", "1"), ["volume: volume 0 must be above zero"])
    assert.deepStrictEqual(said(faultsOf({ displayvol: "0.1" })), [
      "displayvol: displayvol 0.1 is not taken by a limit order: leave it out, or make it an iceberg"
    ])
  })

  it("says which flags go with which order", () => {
    assert.deepStrictEqual(said(faultsOf({ oflags: ["post"], timeinforce: "IOC" })), [
      "oflags: oflags post waits in the book, IOC never does: leave one of them out"
    ])
    assert.deepStrictEqual(said(faultsOf({ oflags: ["post"], timeinforce: "FOK" })), [
      "oflags: oflags post waits in the book, FOK never does: leave one of them out"
    ])
    assert.deepStrictEqual(said(faultsOf({ ordertype: "stop-loss", oflags: ["post", "fcib", "fciq"] })), [
      "oflags: oflags post is for limit orders, not stop-loss: leave it out",
      "oflags: oflags fcib and fciq exclude each other: choose one currency for the fee"
    ])
    const viqc =
      "oflags: oflags viqc is for market buys without leverage: leave it out and give the volume in base currency"
    const market = { ordertype: "market", price: undefined, oflags: ["viqc"] } as const
    assert.deepStrictEqual(said(faultsOf({ oflags: ["viqc"] })), [viqc])
    assert.deepStrictEqual(said(faultsOf({ ...market, type: "sell" })), [viqc])
    assert.deepStrictEqual(said(faultsOf({ ...market, leverage: "2" })), [viqc])
  })

  it("says what margin needs", () => {
    assert.deepStrictEqual(said(faultsOf({ reduce_only: true })), [
      "leverage: leverage is missing: reduce_only is about a margin position; give its leverage, e.g. 2"
    ])
    for (const leverage of [undefined, "none"])
      assert.deepStrictEqual(
        said(faultsOf({ ordertype: "settle-position", price: undefined, volume: "0", leverage })),
        ["leverage: leverage is missing: settle-position is about a margin position; give its leverage, e.g. 2"]
      )
    for (const leverage of ["1", "0", "05", "2.5", "x", "2:2", "2:1x", "x2", ""])
      assert.deepStrictEqual(said(faultsOf({ leverage })), [
        `leverage: leverage ${leverage} is not a whole number from 2 on: use 2 or 2:1, or leave it out for spot`
      ])
    assert.deepStrictEqual(said(faultsOf({ volume: "0.00" })), [
      "volume: volume 0.00 must be above zero: only a margin position is closed with 0, and that needs leverage"
    ])
    assert.strictEqual(said(faultsOf({ volume: "-1" }))[0], "volume: volume -1 is not an amount: write digits like 0.5")
  })

  it("says how an order is named", () => {
    assert.deepStrictEqual(said(faultsOf({ userref: 1, cl_ord_id: "a" })), [
      "userref: userref can't be given with cl_ord_id: leave one of them out"
    ])
    for (const userref of [2 ** 31, -(2 ** 31) - 1, 1.5, Number.NaN])
      assert.deepStrictEqual(said(faultsOf({ userref })), [
        `userref: userref ${userref} is not a whole number of 32 bits: use one from -2147483648 to 2147483647`
      ])
    for (const id of ["", "nineteen-characters", "ünicode", "6d1b345e-2821-40e2-ad83-4ecb18a0687"])
      assert.strictEqual(faultsOf({ cl_ord_id: id })[0]?.path, "cl_ord_id", id)
  })

  it("says when an order may end", () => {
    const expiretm = (text: string) => said(faultsOf({ expiretm: text, timeinforce: "GTD" }))[0]
    assert.strictEqual(expiretm("+4"), "expiretm: expiretm +4 is 4 s ahead; Kraken takes 5 s to a month: use +5")
    assert.strictEqual(
      expiretm("1789982000"),
      "expiretm: expiretm 1789982000 is 100 s in the past; Kraken takes 5 s to a month: use +5"
    )
    assert.match(expiretm("+9999999")!, /use \+2592000$/)
    const missing = "expiretm: expiretm is missing: timeinforce GTD needs it, in Unix seconds or like +3600"
    assert.strictEqual(expiretm("0"), missing)
    assert.deepStrictEqual(said(faultsOf({ timeinforce: "GTD" })), [missing])
    const form = "use Unix seconds, or seconds from now like +3600"
    assert.strictEqual(expiretm("tomorrow"), `expiretm: expiretm tomorrow is not a time: ${form}`)
    assert.deepStrictEqual(said(faultsOf({ starttm: "2026-09-21" })), [
      `starttm: starttm 2026-09-21 is not a time: ${form}`
    ])
  })

  it("says when the engine may take it last, by Kraken's clock where that is known", () => {
    const deadline = (text: string) => said(faultsOf({ deadline: text }))[0]
    const rule = "Kraken takes 2 to 60 s: leave it out, it is set"
    assert.strictEqual(
      deadline("2026-09-21T09:15:01.5Z"),
      `deadline: deadline 2026-09-21T09:15:01.5Z is 1.5 s ahead; ${rule}`
    )
    assert.match(deadline("2026-09-21T09:16:01Z")!, /is 61 s ahead/)
    assert.match(deadline("2026-09-21T08:15:00Z")!, /is 3600 s in the past/)
    assert.match(deadline("2026-09-21T09:15:00Z")!, /is 0 s ahead/)
    for (const text of [
      "+5",
      "1790000000",
      "2026-09-21",
      "+002026-09-21T09:15:02Z",
      "2026-13-21T09:15:02Z",
      "2026-09-21T09:15:02"
    ])
      assert.match(deadline(text)!, /is not an RFC 3339 time: write it like 2026-09-21T09:15:02Z$/, text)
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
    assert.deepStrictEqual(said(batchFaults({ pair: "XBTUSD", orders: [twin, limit, twin], deadline: "now" })), [
      "orders.2.cl_ord_id: cl_ord_id same is that of another order of the batch: give each its own",
      "deadline: deadline now is not an RFC 3339 time: write it like 2026-09-21T09:15:02Z"
    ])
  })
})

describe("rules of a change", () => {
  it("amends one order, in something", () => {
    assert.deepStrictEqual(amendFaults({ txid: "O1", limit_price: "-1%", order_qty: "2", display_qty: "0.1" }), [])
    assert.deepStrictEqual(amendFaults({ cl_ord_id: "mine", trigger_price: "5" }), [])
    const faulty = [{ display_qty: "2", order_qty: "1" }, { limit_price: "0" }, { trigger_price: "0" }]
    assert.deepStrictEqual(
      faulty.flatMap((change) => said(amendFaults({ txid: "O1", ...change }))),
      [
        "display_qty: display_qty 2 is more than order_qty 1: use 1 or less",
        "limit_price: limit_price 0 must be above zero: give the limit price",
        "trigger_price: trigger_price 0 must be above zero: give the trigger price"
      ]
    )
    assert.deepStrictEqual(said(amendFaults({ post_only: true })), [
      "txid: txid is missing: give it, or cl_ord_id",
      ": nothing would change: give order_qty, display_qty, limit_price or trigger_price"
    ])
    assert.deepStrictEqual(said(amendFaults({ txid: "O1", cl_ord_id: "a", order_qty: "0", display_qty: "-1" })), [
      "txid: txid can't be given with cl_ord_id: give one",
      "order_qty: order_qty 0 is not an amount above zero: write digits like 0.5",
      "display_qty: display_qty -1 is not an amount above zero: write digits like 0.5"
    ])
  })

  it("edits something", () => {
    assert.deepStrictEqual(editFaults({ txid: "O1", pair: "XBTUSD", price: "+5", oflags: ["post"] }), [])
    assert.deepStrictEqual(said(editFaults({ txid: "O1", pair: "XBTUSD" })), [
      ": nothing would change: give volume, displayvol, price, price2, oflags or userref"
    ])
    const faulty = [
      { volume: "0" },
      { displayvol: "0" },
      { volume: "1", displayvol: "2" },
      { price: "x" },
      { price2: "x" }
    ]
    assert.deepStrictEqual(
      faulty.flatMap((change) =>
        said(editFaults({ txid: "O1", pair: "XBTUSD", ...change })).map((text) => text.replace(/:[^:]*$/, ""))
      ),
      [
        "volume: volume 0 is not an amount above zero",
        "displayvol: displayvol 0 is not an amount above zero",
        "displayvol: displayvol 2 is more than volume 1",
        "price: price x is not a price",
        "price2: price2 x is not a price"
      ]
    )
    assert.deepStrictEqual(
      editFaults({ txid: "O1", pair: "XBTUSD", volume: "1", displayvol: "2", userref: 0.5, deadline: "-" }, now).map(
        ({ path }) => path
      ),
      ["displayvol", "userref", "deadline"]
    )
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
