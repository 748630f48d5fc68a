import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { maxNumberLength } from "../../../src/domain/numbers/numberText.ts"
import { parseWithLongNumbers } from "../../../src/domain/wire/json.ts"
import { InvalidArguments } from "../../../src/tools/kit/arguments.ts"
import * as Fields from "../../../src/tools/kit/fields.ts"
import * as Times from "../../../src/tools/kit/timeFields.ts"
import { read } from "../../../src/tools/resources.ts"
import * as Tool from "../../../src/tools/kit/tool.ts"
import { type AnyTool, toolsets } from "../../../src/tools/toolsets.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { assertFaults, readFaults } from "../../fixtures/faults.ts"

interface Shape {
  readonly type?: string
  readonly enum?: ReadonlyArray<unknown>
  readonly description?: string
  readonly minimum?: number
  readonly minItems?: number
  readonly pattern?: string
  readonly items?: Shape
  readonly required?: ReadonlyArray<string>
  readonly properties?: { readonly [name: string]: Shape }
}

/** Makes a valid value for a JSON Schema. */
const fitting = (shape: Shape): unknown => {
  if (shape.enum !== undefined) return shape.enum[0]
  switch (shape.type) {
    case "object":
      return Object.fromEntries((shape.required ?? []).map((name) => [name, fitting(shape.properties?.[name] ?? {})]))
    case "array":
      return Array.from({ length: shape.minItems ?? 1 }, () => fitting(shape.items ?? {}))
    case "boolean":
      return true
    case "integer":
    case "number":
      return shape.minimum ?? 1
    default:
      return shape.pattern === undefined && /ISO/.test(shape.description ?? "") ? "2026-09-21T09:15:02Z" : "1"
  }
}

/** Lists the arguments of a tool with a value in each possible place, with the path of the place. */
const placed = (shape: Shape, value: unknown): ReadonlyArray<readonly [path: string, value: unknown]> => {
  if (shape.type === "array") {
    return placed(shape.items ?? {}, value).map(([path, item]) => [path === "" ? "0" : `0.${path}`, [item]])
  }
  if (shape.type !== "object") return [["", value]]
  return Object.entries(shape.properties ?? {}).flatMap(([name, field]) =>
    placed(field, value).map(([path, inner]) => [
      path === "" ? name : `${name}.${path}`,
      { ...Object(fitting(shape)), [name]: inner }
    ])
  )
}

const tools: ReadonlyArray<AnyTool> = Object.values(toolsets).flat()

const digits = "9".repeat(20_000)

const silent = TestKraken({ directory, onCall: () => assert.fail("Kraken was asked") })

const refused = (tool: AnyTool, args: unknown): Effect.Effect<Array<string>> =>
  Effect.map(Effect.flip(tool.call(args)), (error) => {
    assert.instanceOf(error, InvalidArguments, `${tool.name}: ${error.message.slice(0, 200)}`)
    assert.isAtMost(error.message.length, 10_000, tool.name)
    return (error as InvalidArguments).issues.split("\n")
  }).pipe(Effect.provide(silent), (effect) => effect as unknown as Effect.Effect<Array<string>>)

const faults = (tool: AnyTool, args: unknown) =>
  Effect.map(refused(tool, args), (lines) => readFaults(lines.join("\n")))

describe("arguments that are too large", () => {
  it.effect("are refused in every field of every tool, and no number is read of them", () =>
    Effect.gen(function* () {
      const read = vi.spyOn(globalThis, "BigInt")
      for (const tool of tools) {
        for (const [path, args] of placed(tool.definition.inputSchema as Shape, digits)) {
          const issues = yield* refused(tool, args)
          assert.isTrue(
            issues.some((issue) => issue.startsWith(`- ${path}: `)),
            `${tool.name} takes ${path}`
          )
        }
      }
      const most = Math.max(0, ...read.mock.calls.map(([value]) => String(value).length))
      vi.restoreAllMocks()
      assert.isAtMost(most, maxNumberLength)
    })
  )

  it.effect("are reported with their length, and numbers with the longest length of numbers", () =>
    Effect.gen(function* () {
      const [addOrder] = tools.filter(({ name }) => name === "add_order")
      assert.isDefined(addOrder)
      const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: digits, price: `+${digits}%` }
      const told = yield* faults(addOrder, { ...order, expiretm: digits, deadline: digits, displayvol: digits })
      const lengths = { volume: "20000", price: "20002", expiretm: "20000", deadline: "20000", displayvol: "20000" }
      assert.sameMembers(
        told.map(({ path }) => path),
        Object.keys(lengths)
      )
      assertFaults(
        told,
        told.map(({ path }) => [path, Object(lengths)[path], "number", "40"])
      )
    })
  )

  it.effect("are lists and objects too, as they are or as text", () =>
    Effect.gen(function* () {
      const [ticker] = tools.filter(({ name }) => name === "get_ticker")
      assert.isDefined(ticker)
      const many = Array.from({ length: 1001 }, () => "BTC/USD")
      for (const pair of [many, many.join(","), JSON.stringify(many)]) {
        assertFaults(yield* faults(ticker, { pair }), [["pair", "1001", "items", "1000"]])
      }
      const fields = Object.fromEntries(many.map((value, i) => [`field${i}`, value]))
      assertFaults(yield* faults(ticker, fields), [["(arguments)", "1001", "fields", "100"]])
      // The longest list whose faults are listed one by one.
      assert.lengthOf(yield* refused(ticker, { pair: many.slice(1).map(() => 1) }), 51)
    })
  )

  it.effect("are not looked up as a resource", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read({ resources: [], templates: [], page: false }, `kraken://pairs/${digits}`))
      assert.strictEqual(error._tag, "ResourceNotFound")
      assert.isAtMost(error.message.length, 1000)
    }).pipe(Effect.provide(silent), (effect) => effect as Effect.Effect<void>)
  )
})

describe("a number of JSON", () => {
  const timed = Tool.endpoint("timed", {
    title: "Look",
    description: "A read.",
    endpoint: "public/Time",
    input: { since: Times.time("A time"), leverage: Fields.optional(Fields.text("A number")) },
    output: Schema.Struct({})
  })

  it.effect("is taken as text if a double holds it", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      yield* timed.call({ since: 1764230400.123456, leverage: 2 })
      assert.deepStrictEqual(calls, [{ since: "1764230400.123456", leverage: "2" }])
    }).pipe(
      Effect.provide(
        TestKraken({
          answers: { "public/Time": { unixtime: 1764230400, rfc1123: "" } },
          onCall: (_, params) => calls.push(params)
        })
      )
    )
  })

  // The values that JSON.parse gives, and those of the protocol's parser.
  for (const parse of [JSON.parse, parseWithLongNumbers]) {
    it.effect(`that has lost digits is refused in every field of every tool, as ${parse.name} reads it`, () =>
      Effect.gen(function* () {
        for (const digits of ["1616492376594123457", "9007199254740993", "1e400", "-1e21"]) {
          for (const tool of tools) {
            for (const [path, args] of placed(tool.definition.inputSchema as Shape, parse(digits))) {
              const issues = yield* faults(tool, args)
              assert.deepStrictEqual(
                issues.map(({ path }) => path),
                [path],
                `${tool.name} takes ${path}`
              )
              assert.include(issues[0]?.fault, "quotes")
            }
          }
        }
      })
    )
  }

  it.effect("with more digits than a double has is refused with those digits, also in a list given as text", () =>
    Effect.gen(function* () {
      const digits = "1764230400.123456789012"
      assertFaults(yield* faults(timed, parseWithLongNumbers(`{"since":${digits}}`)), [["since", "quotes", digits]])
      const [batch] = tools.filter(({ name }) => name === "add_order_batch")
      assert.isDefined(batch)
      assertFaults(yield* faults(batch, { pair: "BTC/USD", orders: `[{"volume":${digits}}]` }), [
        ["orders.0.volume", "quotes", digits]
      ])
    })
  )
})
