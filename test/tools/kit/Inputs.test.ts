import { assert, describe, it } from "@effect/vitest"
import { Effect, Predicate } from "effect"
import { Permission } from "../../../src/domain/keys/permissions.ts"
import { type AnyTool, toolsets } from "../../../src/tools/toolsets.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"

const tools: ReadonlyArray<AnyTool> = Object.values(toolsets).flat()

const silent = TestKraken({ granted: Permission.literals, onCall: (endpoint) => assert.fail(`${endpoint} was called`) })

/** Lists all values of `enum`, `const` and `default` beside them in a JSON Schema. */
const choices = (node: unknown): ReadonlyArray<unknown> => {
  if (Array.isArray(node)) return node.flatMap(choices)
  if (!Predicate.isRecord(node)) return []
  const own = Array.isArray(node["enum"]) ? [...node["enum"], node["default"] ?? node["enum"][0]] : []
  return [...own, ...("const" in node ? [node["const"]] : []), ...Object.values(node).flatMap(choices)]
}

describe("inputs of all tools", () => {
  it.effect("no tool ignores an argument that it does not have, also if it has none at all", () =>
    Effect.gen(function* () {
      for (const { call, name } of tools) {
        const error = yield* Effect.flip(call({ not_an_argument: "BTC/USD" }))
        const faults = faultsIn(error).filter(({ path }) => path === "not_an_argument")
        assert.strictEqual(faults.length, 1, name)
      }
    }).pipe(Effect.provide(silent))
  )

  it.effect("a tool without arguments takes an empty object and nothing else", () =>
    Effect.gen(function* () {
      const empty = tools.filter(({ definition }) => Object.keys(definition.inputSchema.properties ?? {}).length === 0)
      assert.isAbove(empty.length, 3)
      for (const { call, name } of empty) {
        assertFaults(faultsIn(yield* Effect.flip(call(["BTC/USD"]))), [["(arguments)"]], name)
        assertFaults(faultsIn(yield* Effect.flip(call("BTC/USD"))), [["(arguments)"]], name)
      }
    }).pipe(Effect.provide(silent))
  )

  it("enums are strings, which every client understands", () => {
    for (const { definition, name } of tools)
      for (const value of choices([definition.inputSchema, definition.outputSchema])) assert.isString(value, name)
  })

  it.effect("a choice of digits is accepted as a JSON number, and no other number is", () => {
    const calls: Array<object> = []
    const digits = tools.flatMap(({ call, definition, name }) =>
      Object.entries(definition.inputSchema.properties ?? {}).flatMap(([field, schema]) => {
        const values = choices(schema).filter((value) => /^\d+$/.test(String(value)))
        return values.length === 0 ? [] : [{ call, field, name, value: String(values[0]) }]
      })
    )
    assert.sameMembers(
      digits.map(({ field, name }) => `${name}.${field}`),
      [
        "get_ohlc.interval",
        "get_chart.interval",
        "get_grouped_order_book.depth",
        "get_grouped_order_book.grouping",
        "get_level3_order_book.depth"
      ]
    )
    return Effect.gen(function* () {
      for (const { call, field, value } of digits) {
        yield* Effect.exit(call({ pair: "XBTUSD", [field]: Number(value) }))
        assert.propertyVal(calls.at(-1), field, value)
        const faults = faultsIn(yield* Effect.flip(call({ pair: "XBTUSD", [field]: Number(value) + 0.5 })))
        assertFaults(faults, [[field]])
      }
    }).pipe(Effect.provide(TestKraken({ granted: Permission.literals, onCall: (_, params) => calls.push(params) })))
  })
})
