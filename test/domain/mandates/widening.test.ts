import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Mandate } from "../../../src/domain/mandates/mandate.ts"
import { changeMandate, widens } from "../../../src/domain/mandates/terms.ts"
import { runs } from "../../Property.ts"
import { anyFlags, flagTexts } from "./anyFlags.ts"
import { changed, type Flags, mandate, textsOf } from "./mandates.ts"

const base: Flags = { access: "full", max: "none" }

/** Limits with texts from the narrowest to the widest. Flags that all of them need come first. */
const chains: ReadonlyArray<readonly [limit: string, flag: string, texts: ReadonlyArray<string>, beside?: Flags]> = [
  ["access", "access", ["read", "trade", "full"]],
  ["max/order", "max", ["0USD/order", "0.00000001USD/order", "9USD/order", "10USD/order", "none/order"]],
  ["max/hour", "max", ["1USD/hour", "2USD/hour", "none/hour"]],
  ["max/day", "max", ["9.99USD/day", "10USD/day", "1000000000USD/day", "none/day"]],
  ["max/week", "max", ["1USD/week", "2USD/week", "none/week"]],
  ["max/month", "max", ["1USD/month", "2USD/month", "none/month"]],
  ["max/total", "max", ["1USD/total", "2USD/total", "none/total"]],
  ["capital", "capital", ["9USD", "10USD", "none"]],
  ["grant BTC", "grant", ["none", "BTC=0.1", "BTC=0.11"], { capital: "1USD" }],
  ["keep USD", "keep", ["10USD", "9USD", "none"]],
  ["pairs", "pairs", ["BTC/USD", "BTC/USD,ETH/USD", "BTC/USD,ETH/*", "BTC/*,ETH/*,*/USD", "all"]],
  ["not-pairs", "not-pairs", ["BTC/*,ETH/*", "BTC/*,ETH/USD", "BTC/USD,ETH/USD", "ETH/USD", "none"]],
  ["sides", "sides", ["sell", "buy,sell"]],
  ["types", "types", ["limit", "limit,stop-loss", "all"]],
  ["collar", "collar", ["0%", "4.9%", "5%", "none"]],
  ["slippage", "slippage", ["none", "0%", "1%", "10%"]],
  ["max-open", "max-open", ["1", "9", "10", "none"]],
  ["rate", "rate", ["9/min", "10/min", "none"]],
  ["calls/min", "calls", ["9/min", "10/min", "none"]],
  ["calls/hour", "calls", ["9/hour", "10/hour", "none/hour"]],
  ["calls/day", "calls", ["9/day", "10/day", "none/day"]],
  ["max-leverage", "max-leverage", ["0", "2", "10"]],
  ["cancel", "cancel", ["own", "any"]],
  ["withdraw A", "withdraw", ["none", "A=1USD/day", "A=2USD/day"]],
  ["withdraw", "withdraw", ["A=2USD/day", "all"]],
  ["ask above", "ask", ["above=0USD", "above=9USD", "above=10USD", "above=none"]],
  ["ask market", "ask", ["funds,market,cancel-all", "funds,cancel-all"]],
  ["ask funds", "ask", ["funds", "none"]],
  ["toolsets", "toolsets", ["market", "market,trading", "all"]]
]

/** Pairs of a narrower and a wider text of one limit. */
const steps = chains.flatMap(([limit, flag, texts, beside = {}]) =>
  texts.flatMap((narrow, at) => texts.slice(at + 1).map((wide) => [limit, flag, narrow, wide, beside] as const))
)

describe("widening", () => {
  it.each(steps)("of %s: --%s %s to %s is wider, and back is not", (limit, flag, narrow, wide, beside) => {
    const before = changed(mandate({ ...base, ...beside }), { [flag]: narrow })
    const after = changed(before, { [flag]: wide })
    assert.deepStrictEqual(widens(before, after), [limit])
    assert.deepStrictEqual(widens(after, before), [])
  })

  it.each<[limits: ReadonlyArray<string>, before: Flags, after: Flags]>([
    [["max/order", "max/day"], { max: "1USD/order,2USD/day" }, { max: "1EUR/order,2EUR/day" }],
    [["capital"], { capital: "500USD" }, { capital: "5EUR" }],
    // What is owned is sold against no limit of spending.
    [["capital"], { max: "1USD/order,2USD/day" }, { max: "1USD/order,2USD/day", capital: "1USD" }],
    [["keep USD"], { keep: "5USD" }, { keep: "5EUR" }],
    [["pairs"], { pairs: "BTC/USD" }, { pairs: "ETH/USD" }],
    [["pairs"], { pairs: "ETH/*" }, { pairs: "ETH/USD:BTNL" }],
    [["not-pairs"], { "not-pairs": "ETH/USD:BTNL" }, { "not-pairs": "ETH/*" }],
    [["sides"], { sides: "sell" }, { sides: "buy" }],
    [["types"], { types: "limit" }, { types: "stop-loss" }],
    [["withdraw A"], { withdraw: "A=2USD/week" }, { withdraw: "A=1USD/day" }],
    [["withdraw A"], { withdraw: "A=2USD/day" }, { withdraw: "A=1EUR/day" }],
    [["withdraw B"], { withdraw: "A=2USD/day" }, { withdraw: "A=1USD/day,B=1USD/day" }],
    [["withdraw constructor"], { withdraw: "A=2USD/day" }, { withdraw: "constructor=1USD/day" }],
    [["ask above"], { ask: "above=50USD" }, { ask: "above=5EUR" }],
    [["ask funds"], { ask: "funds" }, { ask: "market" }],
    [["collar", "max-open"], { collar: "1%", "max-open": "1" }, { collar: "2%", "max-open": "2" }]
  ])("names %j where it cannot be compared, or where one of several is wider", (limits, before, after) => {
    assert.deepStrictEqual(widens(mandate({ ...base, ...before }), mandate({ ...base, ...after })), limits)
  })

  it("of no mandate is a new one, and of a mandate its removal", () => {
    const some = mandate({ budget: "5USD" })
    assert.deepStrictEqual(widens(undefined, some), ["new"])
    assert.deepStrictEqual(widens(some, undefined), ["mandate"])
    assert.deepStrictEqual(widens(undefined, undefined), [])
  })

  it("counts an absent limit like one of none, and a full list like none", () => {
    const [none, trade] = [mandate({ access: "trade", max: "none" }), mandate({ budget: "5USD" })]
    const absent: Mandate = { ...none, spending: { max: {} } }
    assert.deepStrictEqual([widens(none, absent), widens(absent, none)], [[], []])
    const both: Mandate = { ...trade, sides: ["buy", "sell"] }
    assert.deepStrictEqual([widens(both, trade), widens(trade, both)], [[], []])
  })

  it("is none from a mandate to itself", () => {
    fc.assert(
      fc.property(anyFlags, (flags) => {
        assert.deepStrictEqual(widens(mandate(flags), mandate(flags)), [])
      }),
      { numRuns: runs(300) }
    )
  })

  it("cannot be hidden in two steps that are none", () => {
    const change = fc
      .record(flagTexts, { requiredKeys: [] })
      .map((flags) => Object.fromEntries(Object.entries(flags).slice(0, 2)))
    /** Changes a mandate if that is valid and no widening. */
    const narrowed = (before: Mandate, flags: Flags): Mandate => {
      const after = changeMandate(before, textsOf(flags))
      return after._tag === "Right" && widens(before, after.right).length === 0 ? after.right : before
    }
    fc.assert(
      fc.property(anyFlags, fc.array(change, { minLength: 2, maxLength: 30 }), (flags, changes) => {
        const first = mandate(flags)
        assert.deepStrictEqual(widens(first, changes.reduce(narrowed, first)), [])
      }),
      { numRuns: runs(300) }
    )
  })
})
