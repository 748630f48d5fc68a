import { assert, describe, it } from "@effect/vitest"
import { displayNames, nameFaults } from "../../../src/domain/mandates/terms.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { type Flags, mandate } from "./mandates.ts"

const full: Flags = { access: "full", max: "none" }

const limitsOf = (flags: Flags): ReadonlyArray<string> =>
  nameFaults(mandate({ ...full, ...flags }), directory).map((fault) => fault.slice(0, fault.indexOf(":")))

describe("names in a mandate", () => {
  it.each<[flags: Flags, limits: ReadonlyArray<string>]>([
    [{ max: "1USDD/order,2USDD/day" }, ["max"]],
    [{ capital: "1NOPE", grant: "NOPE=1,BTC=1" }, ["capital", "grant"]],
    [{ keep: "BTC.M=1" }, ["keep"]],
    [{ withdraw: "A=1NOPE/day" }, ["withdraw A"]],
    [{ ask: "above=1NOPE" }, ["ask above"]],
    [{ pairs: "BTC/USX,ETH/USD" }, ["pairs"]],
    [{ pairs: "USD/BTC" }, ["pairs"]],
    [{ pairs: "NOPE/*", "not-pairs": "*/NOPE" }, ["pairs", "not-pairs"]],
    [{ keep: "XXDG=1", pairs: "XBT/EUR,aaplx/*", "not-pairs": "DOT/USD" }, []],
    [{ keep: "toString=1" }, ["keep"]]
  ])("that Kraken lacks are named by their limits: %j", (flags, limits) => {
    assert.deepStrictEqual(limitsOf(flags), limits)
  })

  it.each<[flags: Flags, limits: ReadonlyArray<string>]>([
    [{ budget: "500XYZ" }, ["budget"]],
    [{ budget: "500XYZ", max: "50XYZ/order" }, ["max", "budget"]],
    [{ budget: "500XYZ", capital: "100ABC" }, ["budget", "capital"]],
    [{ budget: "500USD", capital: "100ABC" }, ["capital"]]
  ])("that Kraken lacks are those of the budget if it set them: %j", (flags, limits) => {
    const faults = nameFaults(mandate(flags), directory, Object.keys(flags))
    assert.deepStrictEqual(
      faults.map((fault) => fault.slice(0, fault.indexOf(":"))),
      limits
    )
  })

  it("that Kraken lacks come with the nearest ones", () => {
    const [fault = ""] = nameFaults(mandate({ ...full, pairs: "BTC/UDS" }), directory)
    assert.include(fault, "BTC/USD")
  })

  it("of one thing in two spellings are a fault", () => {
    const two = { ...mandate({ ...full, keep: "ETH=1", pairs: "ETH/USD" }) }
    assert.lengthOf(nameFaults({ ...two, keep: { ETH: "1", XETH: "2" } }, directory), 1)
    assert.lengthOf(nameFaults({ ...two, pairs: ["ETH/USD", "XETH/USD", "ETH/*", "XETH/*"] }, directory), 2)
  })

  it("become those that Kraken shows", () => {
    const given = mandate({
      ...full,
      max: "1ZUSD/order,2USD/day",
      capital: "1zusd",
      grant: "xxbt=1",
      keep: "Bitcoin=1",
      pairs: "xbt/zusd,xeth/*",
      "not-pairs": "*/zeur",
      withdraw: "A=1xxbt/day",
      ask: "above=1ZUSD"
    })
    const { ask, capital, grants, keep, notPairs, pairs, spending, withdraw } = displayNames(given, directory)
    assert.deepStrictEqual(
      { ask, capital, grants, keep, notPairs, pairs, spending, withdraw },
      {
        ask: { above: { amount: "1", asset: "USD" }, kinds: ["funds"] },
        capital: { amount: "1", asset: "USD" },
        grants: { BTC: "1" },
        keep: { BTC: "1" },
        notPairs: ["*/EUR"],
        pairs: ["BTC/USD", "ETH/*"],
        spending: { currency: "USD", max: { order: "1", day: "2" } },
        withdraw: { A: { amount: "1", asset: "BTC", per: "day" } }
      }
    )
    assert.deepStrictEqual(nameFaults(given, directory), [])
  })
})
