import { assert, describe, it } from "@effect/vitest"
import {
  type FilledRow,
  type FillRow,
  orderOfFills,
  readFill,
  readOrder
} from "../../../src/domain/mandates/filledOrder.ts"
import { isNews, needsFills, progressOf, progressOfChildren } from "../../../src/domain/mandates/progress.ts"
import type { OpenSpend } from "../../../src/domain/mandates/room.ts"
import * as D from "../../../src/domain/numbers/decimal.ts"

const txid = "OAAAAA-BBBBB-CCCCC1"

/** The present, an hour after the orders were opened, in Unix milliseconds. */
const now = 3_600_000

const count = { scope: "t1", bucket: "USD", rate: "1" }

/** A buy of at most 1 BTC for at most 50,200 USD. */
const buying: OpenSpend = {
  kind: "order",
  seq: 7,
  n: 0,
  at: 0,
  asset: "USD",
  amount: "50200",
  gets: "BTC",
  counts: [count],
  order: { index: 0, cl_ord_id: "c1", pair: "BTC/USD", type: "buy", volume: "1", reduces: false },
  paid: "0",
  got: "0",
  open: 1,
  isUndecided: false
}

/** A sale of 1 BTC that only reduces. */
const selling: OpenSpend = {
  ...buying,
  asset: "BTC",
  amount: "1",
  gets: "USD",
  counts: [],
  order: { index: 0, cl_ord_id: "c1", pair: "BTC/USD", type: "sell", volume: "1", reduces: true }
}

/** Half of a buy of 1 BTC, filled at 50,000 USD for a fee of 100 USD. */
const half: FilledRow = {
  status: "open",
  opentm: 1,
  descr: { pair: "XBTUSD", type: "buy" },
  vol: "1.00000000",
  vol_exec: "0.50000000",
  cost: "25000.0",
  fee: "100.0",
  oflags: "fciq"
}

const orderOf = (changes: Partial<FilledRow> = {}, id = txid) => {
  const order = readOrder(id, { ...half, ...changes })
  if (order === undefined) return assert.fail("the order is unreadable")
  return order
}

const fillOf = (time: number, cost: string, fee: string, vol: string) => {
  const fill = readFill({ ordertxid: txid, time, cost, fee, vol })
  if (fill === undefined) return assert.fail("the fill is unreadable")
  return fill
}

const sold = { descr: { pair: "XBTUSD", type: "sell" } } as const

describe("the amounts that an order moved", () => {
  it("are cost and fee for a buy, which gets its volume", () => {
    const { got, paid } = progressOf(buying, { order: orderOf() }, now)
    assert.deepStrictEqual({ got, paid }, { paid: [{ at: now, amount: "25100" }], got: "0.5" })
  })

  it("are the volume for a sell, which gets its cost less the fee", () => {
    const { got, paid } = progressOf(selling, { order: orderOf(sold) }, now)
    assert.deepStrictEqual({ got, paid }, { paid: [{ at: now, amount: "0.5" }], got: "24900" })
  })

  it("have a fee in the base, rounded up, if the order says so", () => {
    const bought = progressOf(buying, { order: orderOf({ oflags: "fcib", fee: "33.333333" }) }, now)
    assert.deepInclude(bought, { paid: [{ at: now, amount: "25000" }], got: "0.4993333333" })
    const given = progressOf(selling, { order: orderOf({ ...sold, oflags: "post,fcib" }) }, now)
    assert.deepInclude(given, { paid: [{ at: now, amount: "0.502" }], got: "25000" })
  })

  it("are nothing for an order that closes a margin position", () => {
    const { gets: _, ...spend } = selling
    const progress = progressOf({ ...spend, amount: "0" }, { order: orderOf({ ...sold, status: "closed" }) }, now)
    assert.deepInclude(progress, { paid: [], got: "0", closed: true })
  })

  it("bring nothing to a balance for an order that opens a margin position", () => {
    const { gets: _, ...spend } = buying
    assert.deepInclude(progressOf(spend, { order: orderOf() }, now), {
      paid: [{ at: now, amount: "25100" }],
      got: "0"
    })
  })

  it("are read from text and from JSON numbers, however small", () => {
    const order = orderOf({ vol_exec: 1e-7, cost: 0.005, fee: 0 })
    assert.deepInclude(progressOf(buying, { order }, now), { paid: [{ at: now, amount: "0.005" }], got: "0.0000001" })
  })

  const unreadable: ReadonlyArray<Partial<FilledRow>> = [
    { vol_exec: "much" },
    { cost: "" },
    { fee: "-1" },
    { oflags: "viqc" },
    { descr: { pair: "XBTUSD", type: "swap" } }
  ]
  for (const changes of unreadable) {
    it(`are not known of ${JSON.stringify(changes)}`, () => {
      assert.isUndefined(readOrder(txid, { ...half, ...changes }))
    })
  }
})

describe("the end of an order", () => {
  for (const [status, closed] of [
    ["open", false],
    ["pending", false],
    ["closed", true],
    ["canceled", true],
    ["expired", true],
    ["unheard-of", false]
  ] as const) {
    it(`has ${closed ? "" : "not "}come if it is ${status}`, () => {
      const progress = progressOf(buying, { order: orderOf({ status }) }, now)
      assert.deepInclude(progress, { closed, open: closed ? 0 : 1, txid })
    })
  }
})

describe("the time of a fill", () => {
  const long = { status: "canceled", opentm: 1, closetm: 1000.0001, trades: ["T1", "T2"] }
  const fills = [fillOf(10.0001, "10000", "40", "0.2"), fillOf(700, "15000", "60", "0.3")]

  it("is that of each fill", () => {
    assert.deepStrictEqual(progressOf(buying, { order: orderOf(long), fills }, now).paid, [
      { at: 10_001, amount: "10040" },
      { at: 700_000, amount: "15060" }
    ])
  })

  it("is the end of the order for what no fill shows", () => {
    assert.deepStrictEqual(progressOf(buying, { order: orderOf(long), fills: fills.slice(0, 1) }, now).paid, [
      { at: 10_001, amount: "10040" },
      { at: 1_000_001, amount: "15060" }
    ])
    assert.deepStrictEqual(progressOf(buying, { order: orderOf(long) }, now).paid, [{ at: 1_000_001, amount: "25100" }])
  })

  it("is the end of the order if the fills exceed it", () => {
    const more = [...fills, fillOf(20, "1", "0", "0.1")]
    assert.deepStrictEqual(progressOf(buying, { order: orderOf(long), fills: more }, now).paid, [
      { at: 1_000_001, amount: "25100" }
    ])
  })

  it("is now if Kraken does not show when the order ended", () => {
    const order = orderOf({ status: "closed", closetm: 0 })
    assert.deepStrictEqual(progressOf(buying, { order }, now).paid, [{ at: now, amount: "25100" }])
  })

  it("is read for an order that counts, ended, and was open for more than a minute", () => {
    assert.isTrue(needsFills(buying, orderOf(long)))
    assert.isTrue(needsFills(buying, orderOf({ ...long, trades: ["T1"] })))
    assert.isFalse(needsFills(buying, orderOf({ ...long, status: "closed", trades: ["T1"] })))
    assert.isFalse(needsFills(buying, orderOf({ ...long, status: "open" })))
    assert.isFalse(needsFills(buying, orderOf({ ...long, closetm: 60 })))
    assert.isFalse(needsFills(buying, orderOf({ ...long, trades: [] })))
    assert.isFalse(needsFills({ ...buying, counts: [] }, orderOf(long)))
  })
})

describe("an order that Kraken does not list any more", () => {
  const fills = [fillOf(10, "20000", "80", "0.4"), fillOf(700, "30000", "120", "0.6")]

  it("is known by its fills if these are all of it, with the fee at its worst", () => {
    const order = orderOfFills(txid, "buy", D.decimal("1.0"), fills)
    if (order === undefined) return assert.fail("it is not known")
    const { closed, got, paid } = progressOf(buying, { order }, now)
    assert.deepStrictEqual(
      { closed, got, paid },
      { closed: true, got: "0.996", paid: [{ at: 700_000, amount: "50200" }] }
    )
  })

  it("is not known if a part of it is missing", () => {
    assert.isUndefined(orderOfFills(txid, "buy", D.decimal("1"), fills.slice(1)))
    assert.isUndefined(orderOfFills(txid, "buy", D.decimal("0"), []))
  })

  it("is not known by a fill without a time", () => {
    const row: FillRow = { ordertxid: txid, cost: "1", fee: "0", vol: "1" }
    assert.isUndefined(readFill(row))
  })
})

describe("the orders that fills of another one made", () => {
  const spend: OpenSpend = { ...selling, n: 1, parent: 0, open: 0 }
  const parent = orderOf({ status: "closed", closetm: 100, vol_exec: "1", cost: "50000", fee: "200" })
  const child = (id: string, changes: Partial<FilledRow> = {}) => ({
    order: orderOf({ ...sold, status: "closed", closetm: 200, vol: "0.5", ...changes }, id)
  })
  const at = (now: number, areAll = true) => ({ now, areAll })

  it("are added up, and end together", () => {
    const progress = progressOfChildren(spend, parent, [child("O1"), child("O2")], at(300_000))
    assert.deepStrictEqual(progress, {
      intent: 7,
      n: 1,
      paid: [
        { at: 200_000, amount: "0.5" },
        { at: 200_000, amount: "0.5" }
      ],
      got: "49800",
      open: 0,
      closed: true
    })
  })

  it("are open while one of them is", () => {
    const progress = progressOfChildren(spend, parent, [child("O1"), child("O2", { status: "open" })], at(300_000))
    assert.deepInclude(progress, { open: 1, closed: false })
  })

  it("are open while their parent is", () => {
    const still = orderOf({ vol_exec: "0.5" })
    assert.deepInclude(progressOfChildren(spend, still, [child("O1")], at(300_000)), { open: 0, closed: false })
  })

  it("have ended with a parent that was never filled", () => {
    const never = orderOf({ status: "canceled", vol_exec: "0", cost: "0", fee: "0" })
    assert.deepInclude(progressOfChildren(spend, never, [], at(300_000)), { paid: [], open: 0, closed: true })
  })

  it("are open while one of them is not listed", () => {
    assert.isFalse(progressOfChildren(spend, parent, [child("O1")], at(300_000)).closed)
  })

  it("end an hour later without it if they only reduce, and all lists were read", () => {
    assert.isTrue(progressOfChildren(spend, parent, [child("O1")], at(3_800_000)).closed)
    assert.isFalse(progressOfChildren(spend, parent, [child("O1")], at(3_700_000)).closed)
    assert.isFalse(progressOfChildren(spend, parent, [child("O1")], at(3_800_000, false)).closed)
    const buys: OpenSpend = { ...buying, n: 1, parent: 0 }
    const bought = { order: { ...child("O1").order, side: "buy" as const } }
    assert.isFalse(progressOfChildren(buys, parent, [bought], at(3_800_000)).closed)
  })
})

describe("a reading", () => {
  it("is recorded only if it is new", () => {
    const progress = progressOf(buying, { order: orderOf() }, now)
    assert.isTrue(isNews(buying, progress))
    const known: OpenSpend = { ...buying, txid, paid: "25100.0", got: "0.50" }
    assert.isFalse(isNews(known, progress))
    assert.isTrue(isNews({ ...known, txid: "other" }, progress))
    assert.isTrue(isNews({ ...known, open: 0 }, progress))
    assert.isTrue(isNews(known, { ...progress, closed: true }))
  })
})
