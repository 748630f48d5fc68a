import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { findAsset, findPair } from "../../src/exchange/catalogue/catalogue.ts"
import { requiredMarketData } from "../../src/exchange/endpoints/requiredMarketData.ts"
import { isChange } from "../../src/exchange/commands/catalogueImport/importCatalogue.ts"
import { catalogueDelta } from "../../src/exchange/commands/catalogueImport/catalogueDelta.ts"
import { type ListedCatalogue, readLists } from "../../src/exchange/commands/catalogueImport/listedCatalogue.ts"
import { printPair, readPair } from "../../src/exchange/commands/catalogueImport/rows.ts"
import { snapshotDelta } from "../../src/exchange/commands/marketSnapshot/snapshotDelta.ts"
import { recordedMarket } from "../../src/exchange/markets/recorded/recordedMarket.ts"
import { asset, lists, pairs as rows } from "../fixtures/krakenLists.ts"
import { runs } from "../Property.ts"
import { pathToDollars } from "../../src/exchange/accounts/value.ts"
import { assertBalancesCoverHolds, assertFillsAddUp, assertValueConserved } from "./invariants.ts"
import { observation, pairRow } from "./listing.ts"
import { opening } from "../doubles/TestMarket.ts"
import { makeTestExchange } from "../doubles/TestExchange.ts"

const fresh = () => makeTestExchange({ market: recordedMarket("observed market") })
type V = ReturnType<typeof fresh>

/** Makes an exchange that has imported these rows. */
const importing = (listed: object) => {
  const v = fresh()
  v.ok("control/List", { seen: opening, ...listed })
  return v
}

const pepe = { assets: { PEPE: asset("PEPE", 5) }, pairs: { PEPEUSD: pairRow("PEPE/USD", "PEPE", "ZUSD", [9, 5]) } }
const order = { pair: "PEPEUSD", type: "buy", ordertype: "market", volume: "1000" }

describe("a pair that Kraken lists", () => {
  it("can be traded under its own rules only after it was imported", () => {
    const v = fresh()
    assert.strictEqual(v.refused("AddOrder", order), "EQuery:Unknown asset pair")
    v.ok("control/List", { seen: opening, ...pepe })
    assert.strictEqual(v.refused("AddOrder", order), "EService:Market in cancel_only mode")
    v.ok("control/Observe", observation("PEPEUSD", ["0.000007120", "50000.5"], ["0.000007130", "800.00001"], opening))
    assert.strictEqual(v.refused("AddOrder", { ...order, volume: "0.000001" }), "EGeneral:Invalid arguments:volume")
    assert.strictEqual(
      v.refused("AddOrder", { ...order, volume: "0.5" }),
      "EGeneral:Invalid arguments:volume minimum not met"
    )
    const [txid] = v.ok("AddOrder", { ...order, pair: "PEPE/USD" }).txid
    assert.deepInclude(v.see(txid), { vol_exec: "800.00001", price: "0.000007130", reason: "Insufficient liquidity" })
    assert.deepInclude(v.ok("Balance"), { PEPE: "800.00001" })
    assert.deepInclude(v.ok("public/AssetPairs", { pair: "pepeusd" }).PEPEUSD, { base: "PEPE", pair_decimals: 9 })
    assertValueConserved(v.x)
  })

  it("pays makers, if its maker fees are negative", () => {
    const tables = { fees: [[0, 0.2]], fees_maker: [[0, "-0.02"]] }
    const v = importing({ ...pepe, pairs: { PEPEUSD: { ...pepe.pairs.PEPEUSD, ...tables } } })
    v.ok("control/Observe", observation("PEPEUSD", ["0.000007120", "50000"], ["0.000007130", "800"], opening))
    const dear = { ...order, ordertype: "limit", price: "0.000007125", volume: "100000000" }
    const [txid] = v.ok("AddOrder", dear).txid
    v.wait(1)
    const next = opening + 1000
    v.ok("control/Observe", observation("PEPEUSD", ["0.000007100", "50000"], ["0.000007110", "100000000"], next))
    const [trade] = v.see(txid).trades
    assert.deepInclude(v.ok("QueryTrades", { txid: trade })[trade], { maker: true, cost: "712.50000", fee: "-0.14250" })
    assert.deepInclude(v.ok("Balance"), { ZUSD: "99287.6425" })
    assert.deepInclude(v.ok("TradeVolume", { pair: "PEPEUSD" }).fees_maker.PEPEUSD, { fee: "-0.0200" })
    assertValueConserved(v.x)
    assertBalancesCoverHolds(v.x)
  })

  it("is refused by a synthetic market", () => {
    assert.strictEqual(makeTestExchange().refused("control/List", pepe), "EGeneral:Unknown method")
  })

  it("pays the fees of its own table, if it has one", () => {
    const tables = {
      fees: [
        [0, 0.2],
        ["50000", "0.1"]
      ],
      fees_maker: [[0, 0.2]],
      fee_volume_currency: "ZUSD"
    }
    const v = importing({ ...pepe, pairs: { PEPEUSD: { ...pepe.pairs.PEPEUSD, ...tables } } })
    assert.deepInclude(v.ok("TradeVolume", { pair: "PEPEUSD" }).fees.PEPEUSD, { fee: "0.2000", nextfee: "0.1000" })
    assert.deepInclude(v.ok("TradeVolume", { pair: "XBTUSD" }).fees.XXBTZUSD, { fee: "0.4000" })
    v.ok("control/Observe", observation("PEPEUSD", ["1.5", "1"], ["2", "50"], opening))
    const [txid] = v.ok("AddOrder", { ...order, volume: "10" }).txid
    assert.deepInclude(v.see(txid), { cost: "20.00000", fee: "0.04000" })
  })

  it("is valued along the shortest conversion path to dollars", () => {
    const v = importing({
      assets: { ZJPY: asset("JPY", 2), PEPE: asset("PEPE", 5) },
      pairs: {
        ZUSDZJPY: pairRow("USD/JPY", "ZUSD", "ZJPY", [3, 8]),
        PEPEJPY: pairRow("PEPE/JPY", "PEPE", "ZJPY", [3, 5])
      }
    })
    const ids = (params: object) =>
      requiredMarketData(v.x, { endpoint: "private/AddOrder", params: { ...params }, account: "ann" }).map(
        ({ id }) => id
      )
    assert.deepStrictEqual(ids({ pair: "PEPEJPY" }), ["PEPEJPY", "ZUSDZJPY"])
    v.ok("control/Deposit", { account: "ann", asset: "JPY", amount: "30000", or_adjust: true })
    v.ok("control/Observe", observation("PEPEJPY", ["2", "1"], ["3", "5000"], opening))
    const blind = { ...order, pair: "PEPEJPY", volume: "1500" }
    const why =
      "EGeneral:Invalid arguments:pair, PEPE/JPY can't be traded on paper: what JPY is worth in dollars is not known"
    assert.strictEqual(v.refused("AddOrder", blind), why)
    v.ok("control/Observe", observation("ZUSDZJPY", ["159.9", "1"], ["160.1", "1"], opening, "160"))
    v.ok("AddOrder", blind)
    assert.strictEqual(v.ok("TradeVolume").volume, "28.1250")
    // A pair quoted in dollars is preferred to one in yen.
    v.ok("control/List", { seen: opening, pairs: { PEPEUSD: pepe.pairs.PEPEUSD } })
    v.ok("control/Observe", observation("PEPEUSD", ["0.01", "1"], ["0.03", "1"], opening, "0.02"))
    assert.strictEqual(v.ok("TradeBalance", { asset: "USD" }).eb, sumOf(v, "0.02", "1500"))
  })

  it("can't be traded if its quote has no conversion path to dollars", () => {
    const v = importing({
      assets: { ODD: asset("ODD", 8), PEPE: asset("PEPE", 5) },
      pairs: { PEPEODD: pairRow("PEPE/ODD", "PEPE", "ODD", [5, 5]) }
    })
    v.ok("control/Observe", observation("PEPEODD", ["2", "1"], ["3", "5000"], opening))
    assert.match(v.refused("AddOrder", { ...order, pair: "PEPEODD" }), /^E\w+:.*\bODD\b.*\bdollars\b/)
    assert.strictEqual(v.ok("TradeBalance", { asset: "ODD" }).eb, "0.00000000")
  })

  const unsupported: ReadonlyArray<readonly [change: object, reason: string]> = [
    [{ pair_decimals: undefined }, "its pair_decimals is undefined"],
    [{ lot_decimals: 19 }, "its lot_decimals is 19"],
    [{ cost_decimals: "many" }, "its cost_decimals is many"],
    [{ tick_size: "0.0000000001" }, "its tick_size of 0.0000000001 does not fit its prices"],
    [{ tick_size: "0" }, "its tick_size of 0 does not fit its prices"],
    [{ ordermin: "-1" }, "its ordermin is -1"],
    [{ quote: "XXX" }, "nothing is known of its quote XXX"],
    [{ status: "settling" }, "its status is settling"],
    [{ lot_multiplier: 10 }, "its lots are no units"],
    [{ fees: [[0, 0.2]], fee_volume_currency: "ZEUR" }, "its fees are not by dollars traded"],
    [{ fees: [[0, "free"]] }, "its fee tables can't be read"],
    [{ fees: [[100, 0.2]] }, "its fee tables can't be read"]
  ]
  it.each(unsupported)("is refused if a field is unreadable: %j", (change, reason) => {
    const row = { ...pepe.pairs.PEPEUSD, ...change }
    const v = fresh()
    const before = v.x.catalogue.assets.size
    assert.strictEqual(
      v.refused("control/List", { seen: 1, ...pepe, pairs: { PEPEUSD: row } }),
      `EGeneral:Invalid arguments:pairs:PEPEUSD, ${reason}`
    )
    assert.strictEqual(v.x.catalogue.assets.size, before)
    const currency = { assets: { ...lists.currency.assets, ...pepe.assets }, pairs: { PEPEUSD: row } }
    const listed = readLists({ currency }, opening)
    assert.strictEqual(listed.unsupported.get("PEPEUSD"), reason)
  })

  it("is found by its id, even if another pair has the same name", () => {
    const listing = pairRow("AAPLx/USD", "AAPLx", "ZUSD", [2, 8])
    const tokenized_asset = {
      assets: { AAPLx: { ...asset("AAPLx", 8), aclass: "tokenized_asset" } },
      pairs: { AAPLSPVUSD: listing, AAPLxUSD: listing }
    }
    const { catalogue } = readLists({ currency: lists.currency, tokenized_asset }, opening)
    assert.strictEqual(findPair(catalogue, "AAPLxUSD")?.id, "AAPLxUSD")
    assert.strictEqual(findPair(catalogue, "aaplxusd")?.id, "AAPLxUSD")
    assert.strictEqual(findPair(catalogue, "AAPLx/USD")?.id, "AAPLSPVUSD")
  })

  it("is the same after it was printed and read again", () => {
    const { catalogue } = readLists(lists, opening)
    assert.isAbove(catalogue.pairs.size, 10)
    for (const pair of catalogue.pairs.values()) {
      const again = readPair(pair.id, JSON.parse(JSON.stringify(printPair(pair, pair.status))), catalogue)
      assert.deepStrictEqual({ ...again, text: {} }, { ...pair, text: {} })
    }
  })

  it("keeps every balance exact, whatever its decimals", () => {
    const decimals = fc.record({
      price: fc.integer({ min: 0, max: 8 }),
      lot: fc.integer({ min: 0, max: 10 }),
      cost: fc.integer({ min: 0, max: 10 }),
      base: fc.integer({ min: 0, max: 12 }),
      quote: fc.integer({ min: 0, max: 18 })
    })
    const side = fc.constantFrom("buy", "sell")
    const flags = fc.constantFrom("", "viqc", "fcib")
    const sizes = fc.array(fc.record({ side, flags, size: fc.integer({ min: 1, max: 40 }), limit: fc.boolean() }), {
      minLength: 1,
      maxLength: 8
    })
    fc.assert(
      fc.property(decimals, sizes, ({ base, cost, lot, price, quote }, orders) => {
        const row = { ...pairRow("AAA/BBB", "AAA", "BBB", [price, lot]), cost_decimals: cost, ordermin: 0, costmin: 0 }
        const v = importing({
          assets: { AAA: asset("AAA", base), BBB: asset("BBB", quote) },
          pairs: { AAABBB: row, BBBUSD: pairRow("BBB/USD", "BBB", "ZUSD", [2, 8]) }
        })
        for (const asset of ["AAA", "BBB"]) {
          v.ok("control/Deposit", { account: "ann", asset, amount: "100000", or_adjust: true })
        }
        v.ok("control/Observe", observation("BBBUSD", ["1", "1"], ["3", "1"], opening, "2"))
        v.ok("control/Observe", observation("AAABBB", ["6", "30"], ["8", "30"], opening, "7"))
        for (const { flags, limit, side, size } of orders) {
          const oflags = flags !== "" && !(flags === "viqc" && (limit || side === "sell")) ? { oflags: flags } : {}
          const type = limit ? { ordertype: "limit", price: "7" } : { ordertype: "market" }
          v.ask("AddOrder", { pair: "AAABBB", type: side, volume: `${size}`, ...type, ...oflags })
          assertValueConserved(v.x)
          assertBalancesCoverHolds(v.x)
          v.ok("TradeBalance")
        }
        assertFillsAddUp(v.x)
        assert.isAbove(v.x.orders.size, 0)
      }),
      { numRuns: runs(300) }
    )
  })
})

describe("an import of changed rules", () => {
  const trading = () => {
    const v = importing(pepe)
    v.ok("control/Observe", observation("PEPEUSD", ["1", "5"], ["2", "5"], opening))
    return v
  }
  const change = (v: V, rules: object) =>
    v.ok("control/List", { seen: opening, pairs: { PEPEUSD: { ...pepe.pairs.PEPEUSD, ...rules } } })
  const bid = { ...order, ordertype: "limit", price: "1.1", volume: "3" }

  it("applies to new orders; open orders stay", () => {
    const v = trading()
    const [txid] = v.ok("AddOrder", { ...bid, price: "1.101" }).txid
    change(v, { tick_size: "0.01", ordermin: "4" })
    assert.strictEqual(v.refused("AddOrder", bid), "EGeneral:Invalid arguments:volume minimum not met")
    assert.strictEqual(v.refused("AddOrder", { ...bid, price: "1.101" }), "EOrder:Tick size check failed")
    assert.strictEqual(v.see(txid).status, "open")
    v.ok("CancelAll")
    assert.strictEqual(v.see(txid).descr.price, "1.101000000")
  })

  it("applies a status at once: nothing is filled in cancel_only mode, and orders are filled afterwards", () => {
    const v = trading()
    const [txid] = v.ok("AddOrder", bid).txid
    change(v, { status: "cancel_only" })
    assert.strictEqual(v.refused("AddOrder", bid), "EService:Market in cancel_only mode")
    v.wait(1)
    const fallen = observation("PEPEUSD", ["0.8", "5"], ["0.9", "5"], opening + 1000)
    assert.isFalse(snapshotDelta(v.x, fallen, opening + 1000)?.matters)
    v.ok("control/Observe", fallen)
    assert.strictEqual(v.see(txid).status, "open")
    change(v, { status: "online" })
    assert.strictEqual(v.see(txid).status, "closed")
  })

  it("applies new decimals once no order is open on the pair; earlier orders keep their decimals", () => {
    const v = trading()
    const [sold] = v.ok("AddOrder", order).txid
    const before = v.see(sold)
    const [txid] = v.ok("AddOrder", bid).txid
    const coarse = { pair_decimals: 2, lot_decimals: 0, tick_size: "0.01", ordermin: "1" }
    change(v, coarse)
    assert.strictEqual(v.see(txid).vol, "3.00000")
    const news = (rules: object) =>
      isChange(v.x, readPair("PEPEUSD", { ...pepe.pairs.PEPEUSD, ...coarse, ...rules }, v.x.catalogue), opening)
    assert.isFalse(news({}))
    v.ok("AddOrder", { ...bid, volume: "3.5" })
    // Other changes meanwhile are imported too, and also wait. A status does not wait.
    assert.isTrue(news({ status: "post_only" }))
    v.ok("CancelAll")
    change(v, coarse)
    assert.strictEqual(v.refused("AddOrder", bid), "EService:Market in cancel_only mode")
    v.ok("control/Observe", observation("PEPEUSD", ["1", "5"], ["2", "5"], opening))
    assert.strictEqual(v.refused("AddOrder", { ...bid, volume: "3.5" }), "EGeneral:Invalid arguments:volume")
    const fault = "EOrder:Invalid price:PEPEUSD price can only be specified up to 2 decimals."
    assert.strictEqual(v.refused("AddOrder", { ...bid, price: "1.101" }), fault)
    const [again] = v.ok("AddOrder", bid).txid
    assert.deepInclude(v.see(again), { vol: "3", status: "open" })
    assert.deepStrictEqual(v.see(sold), before)
    assertValueConserved(v.x)
    assertBalancesCoverHolds(v.x)
  })

  it("ignores lists that are older than the imported ones", () => {
    const v = trading()
    const listed = { pairs: { PEPEUSD: { ...pepe.pairs.PEPEUSD, status: "post_only" } } }
    v.ok("control/List", { seen: opening + 2, ...listed })
    v.ok("control/List", { seen: opening + 1, ...pepe, gone: ["PEPEUSD"] })
    assert.strictEqual(v.refused("AddOrder", bid), "EService:Market in post_only mode")
    const old = readLists(
      { currency: { assets: { ...lists.currency.assets, ...pepe.assets }, pairs: pepe.pairs } },
      opening
    )
    const asked = { endpoint: "private/AddOrder", params: { pair: "PEPEUSD" }, account: "ann" }
    assert.isUndefined(catalogueDelta(v.x, asked, old).params)
    assert.isDefined(catalogueDelta(v.x, asked, { ...old, at: opening + 3 }).params)
    assert.strictEqual(v.refused("control/List", { ...listed, seen: "now" }), "EGeneral:Invalid arguments:seen")
  })

  it("a delisted pair can't be traded and values nothing until it is listed again", () => {
    const v = trading()
    const [txid] = v.ok("AddOrder", bid).txid
    const path = () => pathToDollars(v.x.catalogue, findAsset(v.x.catalogue, "PEPE")!)?.map(({ pair }) => pair.id)
    assert.deepStrictEqual(path(), ["PEPEUSD"])
    v.ok("control/List", { seen: opening, gone: ["PEPEUSD", "NEVERWAS"] })
    assert.isUndefined(path())
    assert.strictEqual(v.refused("AddOrder", bid), "EService:Market in cancel_only mode")
    assert.deepStrictEqual(requiredMarketData(v.x, { endpoint: "private/CancelAll", account: "ann" }), [])
    assert.deepStrictEqual(v.ok("CancelOrder", { txid }), { count: 1 })
    change(v, {})
    assert.deepStrictEqual(path(), ["PEPEUSD"])
    v.ok("AddOrder", bid)
  })
})

describe("the catalogue changes to import before a request", () => {
  const kraken = readLists(lists, opening)
  const deltaFor = (v: V, endpoint: string, params: object, listed: ListedCatalogue = kraken) =>
    catalogueDelta(v.x, { endpoint: `private/${endpoint}`, params: { ...params }, account: "ann" }, listed)

  it("are the pair, its assets and the conversion path of its quote to dollars, only once", () => {
    const v = fresh()
    const first = deltaFor(v, "AddOrder", { pair: "ETHUSDC" })
    assert.deepStrictEqual(Object.keys(Object(first.params).pairs), ["ETHUSDC", "USDCUSD"])
    assert.deepStrictEqual(Object.keys(Object(first.params).assets), ["USDC"])
    v.ok("control/List", JSON.parse(JSON.stringify(first.params)))
    const path = requiredMarketData(v.x, { endpoint: "private/AddOrder", params: { pair: "ETHUSDC" }, account: "ann" })
    assert.deepStrictEqual(
      path.map(({ id }) => id),
      ["ETHUSDC", "USDCUSD"]
    )
    assert.deepStrictEqual(deltaFor(v, "AddOrder", { pair: "ETHUSDC" }), {
      params: undefined,
      unsupported: [],
      unknown: []
    })
  })

  it("are the changes of an imported pair", () => {
    const v = fresh()
    assert.isUndefined(deltaFor(v, "AddOrder", { pair: "XBTUSD" }).params)
    const row = { ...rows["XXBTZUSD" as keyof typeof rows], ordermin: "7" }
    const changed = readLists({ currency: { ...lists.currency, pairs: { ...rows, XXBTZUSD: row } } }, opening)
    assert.deepInclude(Object(deltaFor(v, "AddOrder", { pair: "XBTUSD" }, changed).params).pairs.XXBTZUSD, {
      ordermin: "7"
    })
  })

  it("are the pairs that value an asset, and an asset that the request names", () => {
    const v = fresh()
    assert.deepStrictEqual(Object.keys(Object(deltaFor(v, "DepositMethods", { asset: "1INCH" }).params).assets), [
      "1INCH"
    ])
    v.ok("control/List", Object(deltaFor(v, "DepositMethods", { asset: "1INCH" }).params))
    assert.strictEqual(v.refused("DepositMethods", { asset: "1INCH" }), "EFunding:No funding method")
    v.ok("control/Deposit", { account: "ann", asset: "1INCH", amount: "5", or_adjust: true })
    const { pairs } = Object(deltaFor(v, "TradeBalance", {}).params)
    assert.includeMembers(Object.keys(pairs), ["1INCHEUR"])
  })

  it("are the pairs missing from available lists, but not from unavailable ones", () => {
    const v = fresh()
    const { XXBTZUSD: _, ...others } = Object(rows)
    const without = { currency: { ...lists.currency, pairs: others } }
    assert.deepStrictEqual(Object(deltaFor(v, "TradeBalance", {}, readLists(without, opening)).params).gone, [
      "XXBTZUSD"
    ])
    const empty = readLists({ currency: { ...lists.currency, pairs: {} } }, opening)
    assert.isUndefined(deltaFor(v, "TradeBalance", {}, empty).params)
    const share = { pair: "AAPLxUSD", asset_class: "tokenized_asset" }
    assert.isUndefined(deltaFor(v, "AddOrder", share, readLists({ currency: lists.currency }, opening)).params)
  })

  it("name the pairs that can't be simulated, and unknown names", () => {
    const v = fresh()
    const { unsupported } = deltaFor(v, "AddOrder", { pair: "FLRUSD" })
    assert.lengthOf(unsupported, 1)
    assert.match(unsupported[0] ?? "", /^FLRUSD .*\bFLR$/)
    assert.deepStrictEqual(deltaFor(v, "TradeVolume", { pair: "NONSENSE,XBTUSD" }).unknown, ["NONSENSE"])
    assert.deepStrictEqual(deltaFor(v, "TradeBalance", { asset: "NONE" }).unknown, ["NONE"])
    assert.strictEqual(findPair(kraken.catalogue, "XBTUSD")?.id, "XXBTZUSD")
  })
})

/** Computes the worth of the account in dollars: its dollars, its yen, and an amount of something at a price. */
const sumOf = (v: V, price: string, amount: string): string => {
  const { ZJPY, ZUSD } = v.ok("Balance")
  return (Number(ZUSD) + Number(ZJPY) / 160 + Number(price) * Number(amount)).toFixed(4)
}
