import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import { Option } from "effect"
import * as D from "../../../src/domain/numbers/decimal.ts"
import { amountFaults, priceFaults } from "../../../src/domain/orders/fieldRules.ts"
import { parseJson } from "../../../src/domain/wire/json.ts"
import { readKeyInfo } from "../../../src/domain/keys/keyInfo.ts"
import { maxNumberLength } from "../../../src/domain/numbers/numberText.ts"
import { sameNumber } from "../../../src/domain/orders/orderMatch.ts"
import { orderFaults } from "../../../src/domain/orders/orderRules.ts"
import { readPrice } from "../../../src/domain/orders/orders.ts"
import { makeDirectory } from "../../../src/domain/assets/directory.ts"
import { scan } from "../../../src/exchange/base/fixed.ts"
import { decode } from "../../../src/layers/settings/decode.ts"
import { noDotenv } from "../../../src/layers/settings/dotenvFile.ts"
import { makeTestExchange } from "../../doubles/TestExchange.ts"

const digits = (count: number) => "9".repeat(count)
const longest = digits(maxNumberLength)
const long = digits(maxNumberLength + 1)
const absurd = digits(4_000_000)

describe("a number that is longer than any number", () => {
  // The time to parse digits grows with the square of their number, so parsing must not begin.
  const watch = () => vi.spyOn(globalThis, "BigInt")
  let read: ReturnType<typeof watch>
  beforeEach(() => {
    read = watch()
  })
  afterEach(() => {
    const most = Math.max(0, ...read.mock.calls.map(([value]) => String(value).length))
    vi.restoreAllMocks()
    assert.isAtMost(most, maxNumberLength)
  })

  it("has 41 characters, and is no decimal", () => {
    assert.isDefined(D.parse(longest))
    for (const text of [long, absurd, `0.${absurd}`, `-${absurd}`]) {
      assert.isUndefined(D.parse(text))
      assert.throws(() => D.decimal(text), RangeError)
    }
  })

  it("may be written with an exponent, which is not written out", () => {
    assert.isDefined(D.parse("1e-8"))
    for (const text of ["1e100", "1e-100", "1e999999999", "1e-999999999"]) assert.isUndefined(D.parse(text))
  })

  it("is a fault of an order, which names its length and not its digits", () => {
    const fault = `has ${absurd.length} characters; a number has at most 40 characters`
    assert.deepStrictEqual(amountFaults("order_qty", absurd), [{ path: "order_qty", fault: `order_qty ${fault}` }])
    for (const price of [absurd, `+${absurd}%`, `0.${absurd}`]) {
      assert.isUndefined(readPrice(price))
      const [only, ...more] = priceFaults("price", price, { what: "limit price", signs: "" })
      assert.deepInclude(only, { path: "price" })
      assert.match(only?.fault ?? "", /\b40 characters/)
      assert.deepStrictEqual(more, [])
    }
    const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: absurd, price: absurd } as const
    const faults = orderFaults({ ...order, leverage: absurd, expiretm: absurd, deadline: absurd })
    assert.sameMembers(
      faults.map(({ path }) => path),
      ["price", "volume", "leverage", "expiretm", "deadline"]
    )
  })

  it("stays text in an answer of Kraken's, and can be compared with nothing", () => {
    assert.deepStrictEqual(parseJson(`{"volume":${absurd},"after":1}`), { volume: absurd, after: 1 })
    assert.isTrue(sameNumber(absurd, "1"))
  })

  it("is no nonce of a key, and no number of decimals of a pair", () => {
    const key = { permissions: [], nonce: "1".repeat(20), nonceWindow: "0" }
    assert.isTrue(Option.isSome(readKeyInfo(key)))
    for (const wrong of [{ nonce: absurd }, { nonceWindow: absurd }]) {
      assert.isTrue(Option.isNone(readKeyInfo({ ...key, ...wrong })))
    }
    const pair = { altname: "XBTUSD", base: "XXBT", quote: "ZUSD", pair_decimals: 1e9, lot_decimals: absurd }
    const { pairs } = makeDirectory({ currency: { assets: {}, pairs: { XXBTZUSD: pair } } })
    assert.isAtMost(pairs[0]?.pairDecimals ?? Infinity, maxNumberLength)
    assert.isAtMost(pairs[0]?.lotDecimals ?? Infinity, maxNumberLength)
  })

  it("is none for the simulated exchange", () => {
    assert.isDefined(scan(longest))
    for (const text of [long, absurd, `${absurd}e1`, `0.${absurd}`]) assert.isUndefined(scan(text))
    const v = makeTestExchange()
    const order = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.01", price: "100" }
    for (const field of ["price", "volume", "userref", "expiretm"]) {
      for (const value of [absurd, `+${absurd}`, `0.${absurd}`]) {
        assert.match(v.refused("AddOrder", { ...order, [field]: value }), /^EGeneral:Invalid arguments/)
      }
    }
    for (const [endpoint, field] of [
      ["TradesHistory", "start"],
      ["TradesHistory", "ofs"],
      ["public/Trades", "since"]
    ] as const) {
      assert.match(v.refused(endpoint, { pair: "XBTUSD", [field]: absurd }), /^EGeneral:Invalid arguments/)
    }
    assert.match(v.refused("CancelOrder", { txid: absurd }), /^EOrder:Unknown order/)
  })

  it("is no setting", () => {
    const problems = (name: string, value: string) =>
      decode({
        flags: new Map(),
        environment: new Map([[name, value]]),
        dotenv: noDotenv,
        stateFolder: "/state"
      }).problems
    assert.deepStrictEqual(problems("MCP_KRAKEN_HTTP_TIMEOUT", "2.5"), [])
    for (const [name, value] of [
      ["MCP_KRAKEN_HTTP_TIMEOUT", `2.${absurd}`],
      ["MCP_KRAKEN_ORDER_DEADLINE", `${"0".repeat(100)}5`],
      ["MCP_KRAKEN_PORT", `${"0".repeat(100)}80`],
      ["MCP_KRAKEN_PAPER_BALANCES", `USD=${absurd}`]
    ] as const) {
      const [problem, ...more] = problems(name, value)
      assert.match(problem ?? "", new RegExp(`^${name}: expected `))
      assert.deepStrictEqual(more, [])
    }
  })
})
