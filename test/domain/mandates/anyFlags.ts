import * as fc from "fast-check"
import { orderTypes } from "../../../src/domain/orders/orders.ts"
import { toolsetNames } from "../../../src/domain/mandates/toolsetNames.ts"
import type { Flags } from "./mandates.ts"

const cents = (least: number) =>
  fc
    .integer({ min: least, max: 10_000_000 })
    .map((cents) => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`)

const asset = fc.constantFrom("USD", "EUR", "BTC", "ETH", "1INCH", "AAPLx")
const pair = fc
  .tuple(fc.constantFrom("BTC", "ETH", "*"), fc.constantFrom("USD", "EUR", "USD:BTNL"))
  .map((sides) => sides.join("/"))
const someOf = (words: ReadonlyArray<string>) =>
  fc.subarray([...words], { minLength: 1 }).map((words) => words.join(","))
const count = fc.integer({ min: 1, max: 1000 })
const percent = fc.oneof(
  fc.constant("none"),
  fc.integer({ min: 0, max: 999 }).map((tenths) => `${tenths / 10}%`)
)
const amounts = fc
  .uniqueArray(fc.tuple(asset, cents(1)), { selector: ([asset]) => asset, minLength: 1 })
  .map((given) => given.map((entry) => entry.join("=")).join(","))

const ascending = <A extends string>(units: ReadonlyArray<A>, text: (value: number, unit: A) => string) =>
  fc
    .tuple(
      fc.subarray([...units], { minLength: 1 }),
      fc.array(count, { minLength: units.length, maxLength: units.length })
    )
    .map(([chosen, values]) => {
      const sorted = values.toSorted((a, b) => a - b)
      return chosen.map((unit, index) => text(sorted[index] ?? 0, unit)).join(",")
    })

/** Texts of flags that only reading allows, too. */
const reading = {
  calls: ascending(["min", "hour", "day"], (value, unit) => `${value}/${unit}`),
  toolsets: someOf(toolsetNames)
}

/** Texts of the flags that go together with each other in any choice. */
export const flagTexts = {
  ...reading,
  max: ascending(["order", "hour", "day", "week", "month", "total"], (value, window) => `${value}USD/${window}`),
  keep: amounts,
  pairs: fc.uniqueArray(pair, { minLength: 1 }).map((pairs) => pairs.join(",")),
  "not-pairs": fc.subarray(["DOGE/*", "SOL/USD", "*/CHF"], { minLength: 1 }).map((pairs) => pairs.join(",")),
  sides: someOf(["buy", "sell"]),
  types: someOf(orderTypes.filter((type) => type !== "market")),
  collar: percent,
  slippage: percent,
  "max-open": count.map(String),
  rate: fc.oneof(
    fc.constant("none"),
    count.map((count) => `${count}/min`)
  ),
  cancel: fc.constantFrom("own", "any"),
  ask: fc.oneof(
    fc.constant("none"),
    someOf(["funds", "market", "cancel-all"]),
    cents(0).map((amount) => `above=${amount}EUR`)
  )
}

const capital = fc
  .record({ capital: cents(1).map((amount) => `${amount}USD`), grant: amounts }, { requiredKeys: ["capital"] })
  .map((flags): Flags => flags)
const leverage = fc.constantFrom("0", "2", "10").map((leverage): Flags => ({ "max-leverage": leverage }))
const withdraw = fc
  .uniqueArray(fc.tuple(fc.constantFrom("Ledger", "cold 2", "__proto__", "é"), cents(1)), {
    selector: ([key]) => key,
    minLength: 1
  })
  .map((addresses): Flags => ({
    access: "full",
    withdraw: addresses.map(([key, amount]) => `${key}=${amount}USD/week`).join(",")
  }))

/** Valid flags of a new mandate. */
export const anyFlags: fc.Arbitrary<Flags> = fc.oneof(
  fc.record(reading, { requiredKeys: [] }).map((flags): Flags => ({ access: "read", ...flags })),
  fc
    .tuple(
      fc.record(flagTexts, { requiredKeys: [] }),
      fc.oneof(capital, leverage, fc.constant<Flags>({})),
      fc.oneof(withdraw, fc.constant<Flags>({ access: "trade" }))
    )
    .map(([flags, first, second]): Flags => {
      const stated = ["order", "day"].filter((window) => !(flags.max ?? "").includes(`/${window}`))
      const max = [...(flags.max === undefined ? [] : [flags.max]), ...stated.map((window) => `none/${window}`)]
      return { ...flags, ...first, ...second, max }
    })
)
