import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { emptyDirectory, makeDirectory } from "../../../src/domain/assets/directory.ts"
import { asset, directory, lists, pair } from "../../fixtures/krakenLists.ts"
import { runs } from "../../Property.ts"

const { assetDisplay, assets, findAsset, findPair, nearestAssets, nearestPairs, pairDisplay, pairs } = directory

const pairId = (spelling: string) => findPair(spelling)?.id
const assetId = (spelling: string) => {
  const found = findAsset(spelling)
  return found && found.asset.id + found.suffix
}

describe("directory", () => {
  it("finds a pair by whatever people call it", () => {
    for (const spelling of ["BTC/USD", "btcusd", "XBT/USD", "XXBTZUSD", "BTC-USD", "xbt_usd", " btc usd ", "BTCZUSD"])
      assert.strictEqual(pairId(spelling), "XXBTZUSD", spelling)
    for (const spelling of ["DOGE/USD", "xdgusd", "dogeusd", "XDG-USD", "dogecoin/usd"])
      assert.strictEqual(pairId(spelling), "XDGUSD", spelling)
    assert.strictEqual(pairId("eth/btc"), "XETHXXBT")
    assert.strictEqual(pairId("aaplx/usd"), "AAPLxUSD")
    assert.strictEqual(pairId("xbtusd.d"), "XBTUSD.d")
    for (const spelling of ["", "/", "BTC", "USD/BTC", "BTC/USD/EUR", "BTC.M/USD", "undefined/undefined", "__proto__"])
      assert.isUndefined(pairId(spelling), spelling)
  })

  it("finds an asset by whatever people call it, and keeps the suffix of a balance", () => {
    for (const spelling of ["BTC", "xbt", "XXBT", "bitcoin"]) assert.strictEqual(assetId(spelling), "XXBT", spelling)
    for (const spelling of ["DOGE", "XDG", "XXDG", "Dogecoin"]) assert.strictEqual(assetId(spelling), "XXDG", spelling)
    assert.deepStrictEqual(findAsset("xbt.m"), { asset: findAsset("BTC")!.asset, suffix: ".M" })
    assert.deepStrictEqual(findAsset("DOT28.S"), { asset: findAsset("DOT")!.asset, suffix: "28.S" })
    assert.strictEqual(assetId("sol03.s"), "SOL03.S")
    assert.strictEqual(assetId("ETH2.S"), "ETH2.S")
    assert.strictEqual(findAsset("ETH2.S")?.asset.id, "ETH2")
    assert.strictEqual(assetId("NVDAx.T"), "NVDAx.T")
    assert.strictEqual(assetId("USD.HOLD"), "ZUSD.HOLD")
    for (const spelling of ["", ".S", "BTC.X", "NOPE", "NOPE.S", "BTC/USD", "constructor"])
      assert.isUndefined(assetId(spelling), spelling)
  })

  it("shows what people read, and leaves alone what it does not know", () => {
    assert.strictEqual(pairDisplay("XXBTZUSD"), "BTC/USD")
    assert.strictEqual(pairDisplay("XETHXXBT"), "ETH/BTC")
    assert.strictEqual(pairDisplay("XBTUSD.d"), "XBTUSD.d")
    assert.strictEqual(pairDisplay("FLRUSD"), "FLR/USD")
    assert.strictEqual(pairDisplay("WHATEVER"), "WHATEVER")
    assert.strictEqual(assetDisplay("ZUSD"), "USD")
    assert.strictEqual(assetDisplay("XBT.M"), "BTC.M")
    assert.strictEqual(assetDisplay("DOT28.S"), "DOT28.S")
    assert.strictEqual(assetDisplay("KFEE"), "KFEE")
  })

  it("reads numbers as text and text as numbers, and does without missing fields", () => {
    assert.deepInclude(findPair("DOTUSD"), { ordermin: "0.8", tickSize: "0.0025" })
    assert.deepInclude(findPair("USDC/USD"), { pairDecimals: 4, costDecimals: 6 })
    assert.deepInclude(findPair("FLR/USD"), { status: "online", ordermin: undefined, lotDecimals: 8, leverageBuy: [] })
    assert.deepInclude(findPair("XBT/USDT"), { tickSize: "0.0000001" })
    assert.deepInclude(findAsset("USDC")?.asset, { decimals: 8, assetClass: "currency" })
    assert.strictEqual(findAsset("AAPLx")?.asset.assetClass, "tokenized_asset")
    for (const nonsense of [null, [], "text", { X: null, Y: 1, Z: {} }])
      assert.deepStrictEqual(makeDirectory({ currency: { assets: {}, pairs: nonsense } }).pairs, [])
  })

  it("knows nothing where there are no lists", () => {
    assert.isUndefined(emptyDirectory.findPair("BTC/USD"))
    assert.strictEqual(emptyDirectory.pairDisplay("XXBTZUSD"), "XXBTZUSD")
    assert.deepStrictEqual(emptyDirectory.nearestPairs("BTC/USD", 3), [])
    assert.deepStrictEqual(emptyDirectory.nearestAssets("BTC", 3), [])
  })

  it("prefers currencies to tokenised assets, and ids to other names, but understands every id of Kraken's", () => {
    const row = { altname: "ABC", base: "ABC", quote: "ZUSD" }
    const twins = makeDirectory({
      currency: {
        assets: { ABC: { altname: "OLD" }, NEW: { altname: "ABC" } },
        pairs: { ABCUSD: { ...row, altname: "ABCUSD" } }
      },
      tokenized_asset: { assets: { Abc: { altname: "Abc" } }, pairs: { AbcUSD: { ...row, altname: "AbcUSD" } } }
    })
    assert.strictEqual(twins.findAsset("abc")?.asset.id, "ABC")
    assert.strictEqual(twins.findAsset("Abc")?.asset.id, "Abc")
    assert.strictEqual(twins.findPair("abcusd")?.id, "ABCUSD")
    assert.strictEqual(twins.findPair("AbcUSD")?.id, "AbcUSD")
  })

  it("understands every spelling of every pair and asset, in any case", () => {
    const anyCase = (text: string) =>
      fc
        .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
        .map((upper) =>
          Array.from(text, (letter, i) => (upper[i] === true ? letter.toUpperCase() : letter.toLowerCase())).join("")
        )
    const namesOf = (id: string) => {
      const { asset, suffix } = findAsset(id)!
      return [asset.id, asset.altname, asset.display].map((name) => name + suffix)
    }
    const spelling = fc.constantFrom(...pairs.filter(({ id }) => id !== "XBTUSD.d")).chain((pair) => {
      const joined = namesOf(pair.base).flatMap((base) =>
        namesOf(pair.quote).flatMap((quote) => ["/", "-", "_", ":", " ", ""].map((sign) => base + sign + quote))
      )
      return fc.tuple(
        fc.constant(pair.id),
        fc.constantFrom(pair.id, pair.altname, pair.display, ...joined).chain(anyCase)
      )
    })
    fc.assert(
      fc.property(spelling, ([id, text]) => assert.strictEqual(pairId(text), id, text)),
      { numRuns: runs(1000) }
    )
    const named = fc
      .constantFrom(...assets)
      .chain(({ id }) => fc.tuple(fc.constant(id), fc.constantFrom(...namesOf(id)).chain(anyCase)))
    fc.assert(
      fc.property(named, ([id, text]) => assert.strictEqual(assetDisplay(text), assetDisplay(id), text)),
      { numRuns: runs(500) }
    )
  })
})

describe("pairs of another venue", () => {
  const venuePairs = {
    "ETHUSD:BTNL": pair("ETHUSD:BTNL", "ETH/USD:BTNL", "XETH", "ZUSD", btnl({ tick_size: "0.05" })),
    "XBTUSD:BTNL": pair("XBTUSD:BTNL", "XBT/USD:BTNL", "XXBT", "ZUSD", btnl()),
    "ETHXBT:BTNL": pair("ETHXBT:BTNL", "ETH/XBT", "XETH", "XXBT", btnl()),
    SOLUSD: pair("SOLUSD:BTNL", undefined, "SOL", "ZUSD", btnl()),
    // Rows that a request would confuse with the international pair.
    XXBTZEUR: pair("XBTEUR", "XBT/EUR", "XXBT", "ZEUR", btnl()),
    "DOTUSD:BTNL": pair("DOTUSD:BTNL", "DOT/USD:BTNL", "DOT", "ZUSD", {})
  }
  const both = makeDirectory({ ...lists, venuePairs })

  function btnl(more: object = {}) {
    return { execution_venue: "bitnomial_exchange", ...more }
  }

  it("are found by names that end in the venue", () => {
    for (const spelling of ["ETHUSD:BTNL", "ethusd:btnl", "ETH/USD:BTNL", "eth-usd:btnl", "ethereum/usd:btnl"])
      assert.deepInclude(both.findPair(spelling), { altname: "ETHUSD:BTNL", tickSize: "0.05" }, spelling)
    for (const spelling of [
      "XBT/USD:BTNL",
      "BTCUSD:BTNL",
      "btc usd:btnl",
      "XBTUSD:BTNL",
      "bitcoin/usd:btnl",
      "BTC:USD:BTNL"
    ])
      assert.strictEqual(both.findPair(spelling)?.altname, "XBTUSD:BTNL", spelling)
    assert.strictEqual(both.findPair("ETH/BTC:BTNL")?.altname, "ETHXBT:BTNL")
    assert.strictEqual(both.findPair("SOL/USD:BTNL")?.altname, "SOLUSD:BTNL")
    for (const spelling of ["BTC/EUR:BTNL", "DOT/USD:BTNL", "BTC/USD:OTHER", ":BTNL", "USD:BTNL", "USD/BTC:BTNL"])
      assert.isUndefined(both.findPair(spelling), spelling)
  })

  it("never take a name that the international pair has", () => {
    for (const { altname, display, id } of pairs) {
      const [base = "", quote = ""] = display.split("/")
      for (const spelling of [id, altname, display, `${base}${quote}`, `${base}-${quote}`, `${base}:${quote}`])
        assert.deepStrictEqual(both.findPair(spelling), findPair(spelling), spelling)
    }
    for (const spelling of ["BTCUSD", "btc-usd", "bitcoin/usd", "XBT/USD", "BTC:USD"])
      assert.strictEqual(both.findPair(spelling)?.altname, "XBTUSD", spelling)
    assert.strictEqual(both.pairDisplay("SOLUSD"), "SOL/USD")
  })

  it("are shown with their venue, and suggested for no misspelling", () => {
    assert.strictEqual(both.pairDisplay("XBTUSD:BTNL"), "BTC/USD:BTNL")
    assert.strictEqual(both.pairDisplay("ETHXBT:BTNL"), "ETH/BTC:BTNL")
    assert.strictEqual(new Set(both.pairs.map(({ display }) => display)).size, both.pairs.length)
    for (const spelling of ["BTC/USDD", "BTCJPY", "ETH", "SOLL/USD", "bitcion"]) {
      assert.deepStrictEqual(both.nearestPairs(spelling, 9), nearestPairs(spelling, 9), spelling)
      assert.deepStrictEqual(both.nearestAssets(spelling, 9), nearestAssets(spelling, 9), spelling)
    }
  })

  it("are understood by what answers show of them", () => {
    for (const { altname, display } of both.pairs)
      for (const spelling of [altname, display, display.toLowerCase()])
        assert.strictEqual(both.findPair(spelling)?.altname, altname, spelling)
  })
})

describe("a tokenised asset that is listed twice", () => {
  const row = (tick_size: string) => pair("AAPLxUSD", "AAPLx/USD", "AAPLx", "ZUSD", { tick_size })
  const apple = (decimals: number) => ({ ...asset("AAPLx", decimals), aclass: "tokenized_asset" })
  const twice = makeDirectory({
    ...lists,
    tokenized_asset: {
      assets: { AAPLSPV: apple(2), AAPLx: apple(10) },
      pairs: {
        AAPLSPVUSD: row("0.5"),
        AAPLxUSD: row("0.01"),
        ABCSPVUSD: pair("ABCxUSD", "ABCx/USD", "AAPLx", "ZEUR", {})
      }
    }
  })

  it("is the row whose id is its altname, by every name but the other id", () => {
    for (const spelling of ["AAPLxUSD", "aaplxusd", "AAPLx/USD", "aaplx-usd"])
      assert.deepInclude(twice.findPair(spelling), { id: "AAPLxUSD", tickSize: "0.01" }, spelling)
    assert.deepInclude(twice.findAsset("aaplx")?.asset, { id: "AAPLx", decimals: 10 })
    assert.deepInclude(twice.findPair("AAPLSPVUSD"), { altname: "AAPLxUSD", display: "AAPLx/USD" })
    assert.strictEqual(twice.assetDisplay("AAPLSPV"), "AAPLx")
    assert.strictEqual(twice.findPair("ABCx/USD")?.id, "ABCSPVUSD")
  })

  it("is listed once", () => {
    assert.lengthOf(
      twice.pairs.filter(({ display }) => display === "AAPLx/USD"),
      1
    )
    assert.lengthOf(
      twice.assets.filter(({ display }) => display === "AAPLx"),
      1
    )
  })
})

describe("nearest names", () => {
  it("suggests pairs of the same base, the nearest and the most usual quotes first", () => {
    assert.deepStrictEqual(nearestPairs("BTC/USDD", 3), ["BTC/USD", "BTC/USDC", "BTC/USDT"])
    assert.deepStrictEqual(nearestPairs("BTC/JPY", 2), ["BTC/USD", "BTC/EUR"])
    assert.deepStrictEqual(nearestPairs("BTCJPY", 2), ["BTC/USD", "BTC/EUR"])
    assert.deepStrictEqual(nearestPairs("BTC", 2), ["BTC/USD", "BTC/EUR"])
  })

  it("suggests the pair the right way round", () => {
    assert.strictEqual(nearestPairs("USD/BTC", 3)[0], "BTC/USD")
    assert.strictEqual(nearestPairs("usdtbtc", 3)[0], "BTC/USDT")
  })

  it("suggests the base that was meant", () => {
    assert.deepStrictEqual(nearestPairs("SOLL/USD", 3), ["SOL/USD"])
    assert.deepStrictEqual(nearestPairs("sollusd", 3), ["SOL/USD"])
    assert.deepStrictEqual(nearestPairs("AAPL/USD", 3), ["AAPLx/USD"])
    assert.deepStrictEqual(nearestPairs("AAPL", 3), ["AAPLx/USD"])
    assert.strictEqual(nearestPairs("etherium/usd", 3)[0], "ETH/USD")
  })

  it("suggests assets", () => {
    assert.strictEqual(nearestAssets("USDD", 3)[0], "USD")
    assert.deepStrictEqual(nearestAssets("bitcion", 3), ["BTC"])
    assert.deepStrictEqual(nearestAssets("DOTT.S", 3), ["DOT.S"])
    assert.deepStrictEqual(nearestAssets("BTC/EUR", 3), ["BTC", "EUR"])
  })

  it("suggests nothing for nonsense", () => {
    for (const nonsense of [
      "",
      "/",
      "QWERTYUIOP",
      "hello world",
      "FOO/BAR",
      "FOOBAR/USD",
      "the-quick-fox",
      "x".repeat(9999)
    ]) {
      assert.deepStrictEqual(nearestPairs(nonsense, 3), [], nonsense.slice(0, 20))
      assert.deepStrictEqual(nearestAssets(nonsense, 3), [], nonsense.slice(0, 20))
    }
  })

  it("suggests only names that exist, and never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."BTCUSDXETH/-. 2Mé"), maxLength: 12 }), (text) => {
        const near = nearestPairs(text, 3)
        assert.isAtMost(near.length, 3)
        for (const name of near) assert.strictEqual(findPair(name)?.display, name)
        for (const name of nearestAssets(text, 3)) assert.strictEqual(assetDisplay(name), name)
      }),
      { numRuns: runs(1000) }
    )
  })
})
