import { assert, describe, it } from "@effect/vitest"
import { Either, Schema } from "effect"
import * as fc from "fast-check"
import { Mandate } from "../../../src/domain/mandates/mandate.ts"
import {
  changeMandate,
  describeMandate,
  makeMandate,
  makeServerLimits,
  termFlags
} from "../../../src/domain/mandates/terms.ts"
import { runs } from "../../Property.ts"
import { anyFlags } from "./anyFlags.ts"
import { changed, type Flags, flagsOf, mandate, textsOf, trade, wrong } from "./mandates.ts"

describe("a new mandate", () => {
  it("of a budget holds all that most people need", () => {
    assert.deepStrictEqual(mandate({ budget: "500USD" }), {
      access: "trade",
      spending: { currency: "USD", max: { order: "100", day: "500" } },
      capital: { amount: "500", asset: "USD" },
      grants: {},
      keep: {},
      notPairs: [],
      collar: "5",
      slippage: "1",
      maxOpen: 10,
      rate: 10,
      calls: {},
      maxLeverage: 0,
      cancel: "own",
      withdraw: {},
      ask: { kinds: ["funds"] }
    })
  })

  it("of another flag only reads", () => {
    assert.deepStrictEqual(mandate({ calls: "60/min" }), {
      access: "read",
      spending: { max: {} },
      grants: {},
      keep: {},
      notPairs: [],
      collar: "5",
      maxOpen: 20,
      rate: 10,
      calls: { min: 60 },
      maxLeverage: 0,
      cancel: "own",
      withdraw: {},
      ask: { kinds: ["funds"] }
    })
  })

  it.each<[flags: Flags, partial: Partial<Mandate>]>([
    [{ max: "1000USD/day" }, { spending: { currency: "USD", max: { order: "100", day: "1000" } } }],
    [{ max: "none" }, { spending: { max: { order: "none", day: "none" } } }],
    [
      { max: ["none/order", "1000 usd/week"] },
      { spending: { currency: "USD", max: { order: "none", day: "500", week: "1000" } } }
    ],
    [{ capital: "250.50USD" }, { capital: { amount: "250.5", asset: "USD" } }],
    [{ slippage: "0.5%", collar: "none" }, { slippage: "0.5" }],
    [
      { "max-open": "3", rate: "5/min", cancel: "any" },
      { maxOpen: 3, rate: 5, cancel: "any" }
    ],
    [{ access: "full" }, { access: "full" }],
    [{ grant: "XBT=0.1,eth=2" }, { grants: { BTC: "0.1", ETH: "2" } }]
  ])("of a budget takes %j in place of what the budget sets", (flags, partial) => {
    assert.deepInclude(mandate({ budget: "500USD", ...flags }), partial)
  })

  it.each<[flags: Flags, partial: Partial<Mandate>]>([
    [
      { max: ["100USD/order,500USD/day", "200USD/hour", "1000USD/week", "2000USD/month", "2000.0USD/total"] },
      {
        spending: {
          currency: "USD",
          max: { order: "100", hour: "200", day: "500", week: "1000", month: "2000", total: "2000" }
        }
      }
    ],
    [{ max: "0USD/order,0USD/day" }, { spending: { currency: "USD", max: { order: "0", day: "0" } } }],
    [
      { capital: "0USD", grant: "0.1BTC" },
      { capital: { amount: "0", asset: "USD" }, grants: { BTC: "0.1" } }
    ],
    [{ keep: "1000USD,BTC=0.5" }, { keep: { USD: "1000", BTC: "0.5" } }],
    [{ keep: "5 1INCH" }, { keep: { "1INCH": "5" } }],
    [
      { pairs: "xbt/usd, ETH/*,*/eur", "not-pairs": "doge/*" },
      { pairs: ["BTC/USD", "ETH/*", "*/EUR"], notPairs: ["DOGE/*"] }
    ],
    [{ pairs: "ETH/USD:BTNL" }, { pairs: ["ETH/USD:BTNL"] }],
    [{ sides: "Sell" }, { sides: ["sell"] }],
    [{ types: "stop-loss,limit" }, { types: ["limit", "stop-loss"] }],
    [
      { types: "market", slippage: "0%" },
      { types: ["market"], slippage: "0" }
    ],
    [{ collar: "2.5" }, { collar: "2.5" }],
    [{ calls: "60/min,5000/day" }, { calls: { min: 60, day: 5000 } }],
    [{ "max-leverage": "5" }, { maxLeverage: 5 }],
    [{ ask: "above=50USD" }, { ask: { above: { amount: "50", asset: "USD" }, kinds: ["funds"] } }],
    [{ ask: "market,cancel-all" }, { ask: { kinds: ["market", "cancel-all"] } }],
    [{ ask: "none" }, { ask: { kinds: [] } }],
    [{ toolsets: "trading,market" }, { toolsets: ["market", "trading"] }],
    [
      { access: "full", withdraw: ["Ledger Nano=200USD/day", "cold=0.5BTC/total"] },
      {
        withdraw: {
          "Ledger Nano": { amount: "200", asset: "USD", per: "day" },
          cold: { amount: "0.5", asset: "BTC", per: "total" }
        }
      }
    ],
    [{ access: "full", withdraw: "none" }, { withdraw: {} }]
  ])("understands %j", (flags, partial) => {
    assert.deepInclude(mandate({ ...trade, ...flags }), partial)
  })

  it("without a limit does not have it", () => {
    const { ask, calls, notPairs, spending, ...rest } = mandate({
      ...trade,
      access: "full",
      "max-open": "none",
      rate: "none",
      collar: "none",
      slippage: "none",
      capital: "none",
      pairs: "all",
      sides: "all",
      types: "all",
      toolsets: "all",
      withdraw: "all",
      "not-pairs": "none",
      calls: "none",
      ask: "none",
      grant: "none",
      keep: "none"
    })
    assert.deepStrictEqual(
      [ask, calls, notPairs, spending],
      [{ kinds: [] }, {}, [], { max: { order: "none", day: "none" } }]
    )
    assert.deepStrictEqual(rest, { access: "full", grants: {}, keep: {}, maxLeverage: 0, cancel: "own" })
  })

  it.each<[flags: Flags, problems: ReadonlyArray<string>]>([
    // Spending.
    [{ max: "-1USD/day" }, ["max"]],
    [{ max: "1000000001USD/day" }, ["max"]],
    [{ max: "0.000000001USD/day" }, ["max"]],
    [{ max: `${"9".repeat(41)}USD/day` }, ["max"]],
    [{ max: "1e3USD/day" }, ["max"]],
    [{ max: "1.5.2USD/day" }, ["max"]],
    [{ max: "NaNUSD/day" }, ["max"]],
    [{ max: "500/day" }, ["max"]],
    [{ max: "USD/day" }, ["max"]],
    [{ max: "500USD" }, ["max"]],
    [{ max: "500USD/year" }, ["max"]],
    [{ max: "500$/day" }, ["max"]],
    [{ max: "1,000USD/day" }, ["max"]],
    [{ max: "500U\u202eSD/day" }, ["max"]],
    [{ max: "500USD/day,600USD/day" }, ["max"]],
    [{ max: ["500USD/day", "none/day"] }, ["max"]],
    [{ max: "none,500USD/day" }, ["max"]],
    [{ max: "100USD/order,500EUR/day" }, ["max"]],
    [{ max: "600USD/order,500USD/day" }, ["max"]],
    [{ max: "1USD/order,2USD/hour,1.99999999USD/day,3USD/week,2USD/month,1USD/total" }, ["max", "max", "max"]],
    [{ max: "500USD/day" }, ["max"]],
    [{ max: "500USD/order" }, ["max"]],
    [{ max: ["-1USD/day", "1USD/year"] }, ["max", "max"]],
    [{ budget: "0USD" }, ["budget"]],
    [{ budget: "0.00000001BTC" }, ["budget"]],
    [{ budget: "none" }, ["budget"]],
    [{ budget: "500" }, ["budget"]],
    [{ budget: ["500USD", "600USD"] }, ["budget"]],
    [{ budget: "500USD", max: "500EUR/day" }, ["max"]],
    [{ budget: "500USD", access: "read" }, ["budget", "max"]],
    [{ capital: "0USD" }, ["capital"]],
    [{ capital: "500USD", "max-leverage": "2" }, ["max-leverage"]],
    [{ grant: "BTC=1" }, ["grant"]],
    [{ capital: "1USD", grant: "BTC=0" }, ["grant"]],
    [{ capital: "1USD", grant: "BTC=1,XBT=2" }, ["grant"]],
    [{ capital: "1USD", grant: "BTC=1=2" }, ["grant"]],
    [{ keep: "USD=-1" }, ["keep"]],
    [{ keep: "0USD" }, ["keep"]],
    // Lists.
    [{ pairs: "BTCUSD" }, ["pairs"]],
    [{ pairs: "BTC/USD/EUR" }, ["pairs"]],
    [{ pairs: "*/*" }, ["pairs"]],
    [{ pairs: "BTC/" }, ["pairs"]],
    [{ pairs: "none" }, ["pairs"]],
    [{ pairs: "all,BTC/USD" }, ["pairs"]],
    [{ pairs: "BTC/USD,xbt/usd" }, ["pairs"]],
    [{ pairs: "BTC/USD", "not-pairs": "*/USD" }, ["pairs"]],
    [{ pairs: "," }, ["pairs"]],
    [{ pairs: "" }, ["pairs"]],
    [{ "not-pairs": "all" }, ["not-pairs"]],
    [{ sides: "none" }, ["sides"]],
    [{ sides: "buy,buy" }, ["sides"]],
    [{ types: "stop" }, ["types"]],
    [{ types: "market" }, ["types"]],
    [{ toolsets: "trades" }, ["toolsets"]],
    // Numbers.
    [{ collar: "100%" }, ["collar"]],
    [{ slippage: "100" }, ["slippage"]],
    [{ collar: "-1%" }, ["collar"]],
    [{ slippage: "1%%" }, ["slippage"]],
    [{ "max-open": "0" }, ["max-open"]],
    [{ "max-open": "1.5" }, ["max-open"]],
    [{ "max-open": "1000001" }, ["max-open"]],
    [{ rate: "0/min" }, ["rate"]],
    [{ rate: "10" }, ["rate"]],
    [{ rate: "10/hour" }, ["rate"]],
    [{ calls: "10/week" }, ["calls"]],
    [{ calls: "10/min,5/day" }, ["calls"]],
    [{ calls: "10/min,10/min" }, ["calls"]],
    [{ "max-leverage": "1" }, ["max-leverage"]],
    [{ "max-leverage": "101" }, ["max-leverage"]],
    // Acts.
    [{ access: "admin" }, ["access"]],
    [{ cancel: "none" }, ["cancel"]],
    [{ ask: "above=50" }, ["ask"]],
    [{ ask: "above=1USD,above=2USD" }, ["ask"]],
    [{ ask: "everything" }, ["ask"]],
    [{ withdraw: "KEY=1USD/day" }, ["withdraw"]],
    [{ access: "full", withdraw: "KEY=0USD/day" }, ["withdraw"]],
    [{ access: "full", withdraw: "KEY=1USD/order" }, ["withdraw"]],
    [{ access: "full", withdraw: "A=B=1USD/day" }, ["withdraw"]],
    [{ access: "full", withdraw: "=1USD/day" }, ["withdraw"]],
    [{ access: "full", withdraw: "1USD/day" }, ["withdraw"]],
    [{ access: "full", withdraw: "a\u0007b=1USD/day" }, ["withdraw"]],
    [{ access: "full", withdraw: "a\u202eb=1USD/day" }, ["withdraw"]],
    [{ access: "full", withdraw: "A=1USD/day,A=2USD/day" }, ["withdraw"]],
    // Flags that contradict access, and unknown ones.
    [{ access: "read", max: "1USD/day" }, ["max"]],
    [{ "max-close": "1" }, ["max-close"]],
    [{ toString: "1" }, ["--toString: no such limit"]],
    // All at once.
    [{ max: "500USD/year", collar: "-1", pairs: "BTC", "max-open": "many" }, ["max", "pairs", "collar", "max-open"]]
  ])("refuses %j", (flags, problems) => {
    assert.deepStrictEqual(wrong({ ...trade, ...flags }), problems)
  })

  it("that trades must say what it spends with an order and in a day", () => {
    assert.deepStrictEqual(wrong({ access: "trade" }), ["max"])
    assert.deepStrictEqual(wrong({ access: "full", collar: "1%" }), ["max"])
    assert.deepStrictEqual(wrong({ max: "500USD/day" }), ["max"])
  })

  it.each(termFlags.map(({ flag }) => [flag]))("refuses endless text for %s without reading it", (flag) => {
    for (const text of ["9".repeat(100_000_000), `${"A/B,".repeat(10_000)}`]) {
      const [problem, ...others] = Either.match(makeMandate({ [flag]: [text] }), {
        onLeft: (problems) => problems,
        onRight: () => assert.fail("was accepted")
      })
      assert.isEmpty(others)
      assert.isBelow(problem?.length ?? Infinity, 100)
    }
  })

  it("is what the schema of mandates takes, and not what it does not know", () => {
    const decode = Schema.decodeUnknownEither(Mandate, { onExcessProperty: "error" })
    const valid = mandate({ budget: "500USD" })
    assert.deepStrictEqual(Schema.decodeUnknownSync(Mandate)(JSON.parse(JSON.stringify(valid))), valid)
    assert.isTrue(Either.isLeft(decode({ ...valid, maxTotal: "1" })))
    assert.isTrue(Either.isLeft(decode({ ...valid, spending: { ...valid.spending, year: "1" } })))
  })
})

describe("a change of a mandate", () => {
  const before = mandate({ budget: "500USD", pairs: "BTC/USD", calls: "60/min", ask: "funds,market" })

  it.each<[flags: Flags, partial: Partial<Mandate>]>([
    [{ max: "200USD/day" }, { spending: { currency: "USD", max: { order: "100", day: "200" } } }],
    [{ max: "none/day" }, { spending: { currency: "USD", max: { order: "100", day: "none" } } }],
    [{ max: "none/order,none/day" }, { spending: { max: { order: "none", day: "none" } } }],
    [{ max: "900USD/week" }, { spending: { currency: "USD", max: { order: "100", day: "500", week: "900" } } }],
    [{ pairs: "ETH/USD" }, { pairs: ["ETH/USD"] }],
    [{ calls: "5000/day" }, { calls: { min: 60, day: 5000 } }],
    [{ calls: "none/min" }, { calls: {} }],
    [{ ask: "above=50USD" }, { ask: { above: { amount: "50", asset: "USD" }, kinds: ["funds", "market"] } }],
    [{ ask: "cancel-all" }, { ask: { kinds: ["cancel-all"] } }],
    [{ grant: "BTC=1" }, { grants: { BTC: "1" } }],
    [
      { budget: "1000USD" },
      { capital: { amount: "1000", asset: "USD" }, spending: { currency: "USD", max: { order: "200", day: "1000" } } }
    ]
  ])("by %j leaves the other limits", (flags, partial) => {
    assert.deepStrictEqual(changed(before, flags), { ...before, ...partial })
  })

  it("removes single coins, addresses and amounts by none", () => {
    const full = mandate({
      access: "full",
      max: "none",
      keep: "USD=5,BTC=1",
      withdraw: "A=1USD/day,B=2USD/day",
      ask: "above=5USD,funds"
    })
    const { ask, keep, withdraw } = changed(full, { keep: "BTC=none", withdraw: "A=none", ask: "above=none" })
    assert.deepStrictEqual(
      { ask, keep, withdraw },
      { ask: { kinds: ["funds"] }, keep: { USD: "5" }, withdraw: { B: { amount: "2", asset: "USD", per: "day" } } }
    )
    assert.deepStrictEqual(changed(full, { withdraw: "A=none,B=none" }).withdraw, {})
  })

  it.each<[flags: Flags, problems: ReadonlyArray<string>]>([
    [{ max: "500EUR/day" }, ["max"]],
    [{ max: "50EUR/order,500EUR/day" }, ["max"]],
    [{ budget: "500EUR" }, ["budget"]],
    [{ max: "50USD/day" }, ["max"]],
    [{ "max-leverage": "2" }, ["max-leverage"]],
    [{ "not-pairs": "*/USD" }, ["pairs"]],
    [{ access: "read", collar: "1%" }, ["collar"]],
    [{ colour: "red" }, ["colour"]]
  ])("refuses %j", (flags, problems) => {
    assert.deepStrictEqual(flagsOf(changeMandate(before, textsOf(flags))), problems)
  })

  it("of the currency is possible once there is no limit", () => {
    const { spending } = changed(changed(before, { max: "none" }), { max: "50EUR/order,500EUR/day" })
    assert.deepStrictEqual(spending, { currency: "EUR", max: { order: "50", day: "500" } })
  })

  it("of the currency of an address is possible once it has no limit", () => {
    const full = mandate({ access: "full", max: "none", withdraw: "A=1USD/day,B=2USD/day" })
    assert.deepStrictEqual(flagsOf(changeMandate(full, textsOf({ withdraw: "A=1EUR/day" }))), ["withdraw"])
    const { withdraw } = changed(changed(full, { withdraw: "A=none" }), { withdraw: "A=1EUR/day" })
    assert.deepInclude(withdraw, { A: { amount: "1", asset: "EUR", per: "day" } })
  })

  it("to reading keeps the limits for later", () => {
    assert.deepStrictEqual(changed(changed(before, { access: "read" }), { access: "trade" }), before)
  })

  it("by no flag changes nothing", () => {
    fc.assert(
      fc.property(anyFlags, (flags) => {
        assert.deepStrictEqual(changed(mandate(flags), {}), mandate(flags))
      }),
      { numRuns: runs(300) }
    )
  })
})

describe("a description", () => {
  it("has the limits that are in effect, as their flags", () => {
    assert.deepStrictEqual(describeMandate(mandate({ toolsets: "market" })), [
      ["access", "read"],
      ["calls", "none"],
      ["toolsets", "market"]
    ])
    assert.deepInclude(
      Object.fromEntries(describeMandate(mandate({ budget: "500USD", collar: "none", ask: "above=50USD" }))),
      {
        max: "100 USD/order, 500 USD/day",
        capital: "500 USD",
        collar: "none",
        slippage: "1%",
        ask: "above=50 USD, funds"
      }
    )
  })

  it("reads as the mandate that it describes", () => {
    fc.assert(
      fc.property(anyFlags, (flags) => {
        const described = mandate(flags)
        assert.deepStrictEqual(mandate(Object.fromEntries(describeMandate(described))), described)
      }),
      { numRuns: runs(300) }
    )
  })
})

describe("limits of all callers", () => {
  it("are absent if there are none", () => {
    for (const limits of [makeServerLimits([], []), makeServerLimits(["none"], ["none"])])
      assert.deepStrictEqual(limits, Either.right(undefined))
  })

  it("are amounts in one currency, and acts that need a person", () => {
    assert.deepStrictEqual(
      makeServerLimits(["1000USD/day,200USD/order"], ["above=50EUR", "market"]),
      Either.right({
        spending: { currency: "USD", max: { order: "200", day: "1000" } },
        ask: { above: { amount: "50", asset: "EUR" }, kinds: ["market"] }
      })
    )
    assert.deepStrictEqual(
      makeServerLimits([], ["funds"]),
      Either.right({ spending: { max: {} }, ask: { kinds: ["funds"] } })
    )
  })

  it.each<[max: string, ask: string, settings: ReadonlyArray<string>]>([
    ["1USD/day,2EUR/week", "all", ["MCP_KRAKEN_SERVER_MAX", "MCP_KRAKEN_SERVER_ASK"]],
    ["2USD/day,1USD/week", "funds", ["MCP_KRAKEN_SERVER_MAX"]],
    ["none", "above=-1USD", ["MCP_KRAKEN_SERVER_ASK"]]
  ])("refuse %s and %s", (max, ask, settings) => {
    const named: ReadonlyArray<string> = Either.match(makeServerLimits([max], [ask]), {
      onLeft: (problems) => problems.map((problem) => problem.slice(0, problem.indexOf(":"))),
      onRight: () => []
    })
    assert.deepStrictEqual(named, settings)
  })
})
