import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Layer, Logger, Schema } from "effect"
import * as fc from "fast-check"
import { Permission } from "../../../src/domain/keys/permissions.ts"
import * as Answers from "../../../src/tools/kit/answerFields.ts"
import * as Tool from "../../../src/tools/kit/tool.ts"
import * as ErrorAdvice from "../../../src/tools/errorAdvice.ts"
import { type AnyTool, toolsets } from "../../../src/tools/toolsets.ts"
import { stateless, TestMcpHttpHandler } from "../../doubles/TestMcp.ts"
import { runs } from "../../Property.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { ToolDefect } from "../../../src/tools/kit/defects.ts"

const output = Schema.Struct({ txid: Schema.String, ...Answers.Written })

const tool = (intent: "read" | "write", shape: () => { readonly txid: string }) =>
  Tool.endpoint("odd", {
    title: "Odd",
    description: "A tool with a shape of the test's.",
    endpoint: intent === "read" ? "private/GetApiKeyInfo" : "private/AddExport",
    input: {},
    shape,
    output
  })

/** The causes in the log. */
const toCauses = (causes: Array<string>) =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ cause }) => void causes.push(Cause.pretty(cause)))
  )

const answers = { "private/GetApiKeyInfo": {}, "private/AddExport": { id: "O1" } }
const ourFault = () => {
  throw new TypeError("a fault of ours")
}

describe("a fault of ours in the shaping of an answer", () => {
  const cases = [
    ["a read", "read", "nothing", ""],
    ["a write", "write", "done", `{"id":"O1"}`]
  ] as const
  for (const [name, intent, outcome, answer] of cases) {
    it.effect(`of ${name} is not reported as Kraken's, and is logged with its cause`, () => {
      const causes: Array<string> = []
      return Effect.gen(function* () {
        const error = yield* Effect.flip(tool(intent, ourFault).run({}))
        assert.deepInclude(error, { _tag: "ToolDefect", tool: "odd", outcome, answer })
        assert.lengthOf(causes, 1)
        assert.include(causes[0], "TypeError: a fault of ours")
      }).pipe(Effect.provide([TestKraken({ answers, granted: Permission.literals }), toCauses(causes)]))
    })
  }

  it.effect("elsewhere ends the same way: a write may have happened", () => {
    const causes: Array<string> = []
    return Effect.gen(function* () {
      const call = Effect.fnUntraced(function* (name: string) {
        const { body } = yield* stateless("tools/call", { name, arguments: {} })
        assert.isTrue(body.result.isError)
        return String(body.result.content[0].text)
      })
      const may = (outcome: "nothing" | "unknown", tool: string) =>
        ErrorAdvice.errorText(new ToolDefect({ tool, outcome, answer: "" }))
      assert.strictEqual(yield* call("cancel_all_orders"), may("unknown", "cancel_all_orders"))
      assert.strictEqual(yield* call("get_account_balance"), may("nothing", "get_account_balance"))
      assert.lengthOf(
        causes.filter((cause) => cause.includes("TypeError: a fault of ours")),
        2
      )
    }).pipe(
      Effect.provide(
        Layer.provideMerge(TestMcpHttpHandler({ granted: Permission.literals, onCall: ourFault }), toCauses(causes))
      )
    )
  })

  it("never advises to repeat a write that was or might have been carried out", () => {
    for (const outcome of ["done", "unknown"] as const) {
      const text = ErrorAdvice.errorText(new ToolDefect({ tool: "odd", outcome, answer: `{"txid":"O1"}` }))
      assert.match(text, /do NOT repeat it/i)
      assert.strictEqual(text.includes("O1"), outcome === "done")
    }
  })
})

describe("an answer of another form", () => {
  it.effect("is reported as Kraken's, with its fault, and is not a defect", () => {
    const causes: Array<string> = []
    return Effect.gen(function* () {
      const shape = () => ({ txid: "O1" })
      const unshaped = yield* Effect.flip(
        Effect.provide(
          tool("write", shape).run({}),
          TestKraken({ answers: { "private/AddExport": { id: 1 } }, granted: Permission.literals })
        )
      )
      assert.deepInclude(unshaped, {
        _tag: "KrakenUnreadable",
        carriedOut: true,
        issue: "- id: expected string, got 1"
      })
      const undecoded = yield* Effect.flip(tool("read", () => ({ txid: 1 as never })).run({}))
      assert.deepInclude(undecoded, {
        _tag: "KrakenUnreadable",
        carriedOut: false,
        issue: "- txid: expected string, got 1"
      })
      assert.deepStrictEqual(causes, [])
    }).pipe(Effect.provide([TestKraken({ answers, granted: Permission.literals }), toCauses(causes)]))
  })

  for (const tool of tools) {
    it.effect(`ends ${tool.name} in no fault of ours`, () => {
      const property = fc.asyncProperty(answer, fc.uint8Array({ maxLength: 20 }), (answer, file) => {
        const { endpoint = "" } = tool
        const kraken = TestKraken({
          answers: { [endpoint]: answer },
          files: { [endpoint]: file },
          granted: Permission.literals
        })
        const call = tool.call(argumentsOf(tool)) as Effect.Effect<unknown, { readonly _tag: string }, Needs>
        return Effect.runPromise(
          Effect.map(Effect.either(Effect.provide(call, kraken)), (ended) => {
            const reasons = readsMore.has(tool.name) ? ["KrakenUnreadable", "KrakenRejection"] : ["KrakenUnreadable"]
            if (ended._tag === "Left") assert.include(reasons, ended.left._tag)
          })
        )
      })
      return Effect.promise(() => fc.assert(property, { numRuns: runs(25) }))
    })
  }
})

type Needs = Layer.Layer.Success<ReturnType<typeof TestKraken>>

/** All tools that call an endpoint, except the one that goes on waiting for an answer that it can read. */
const tools = (Object.values(toolsets).flat() as ReadonlyArray<AnyTool>).filter(
  ({ endpoint, name }) => endpoint !== undefined && name !== "wait_for_price"
)

/** Tools that read other endpoints as well, which the double refuses. */
const readsMore: ReadonlySet<string> = new Set(["get_pnl", "plan_rebalance"])

/** Arguments with which a tool can be called. */
const argumentsOf = ({ definition, name }: AnyTool): object => {
  const { required = [] } = definition.inputSchema
  const fields = [...required, ...(alsoNeeded[name] ?? [])]
  const args = Object.fromEntries(fields.map((field) => [field, given[field] ?? field]))
  return name === "cancel_order_batch" ? { orders: ["O1"] } : args
}

const alsoNeeded: Record<string, ReadonlyArray<string>> = {
  cancel_order: ["txid"],
  amend_order: ["txid", "limit_price"],
  edit_order: ["volume"],
  query_orders: ["txid"],
  add_order: ["volume", "price"],
  preview_order: ["volume", "price"]
}

const order = { type: "buy", ordertype: "limit", volume: "1", price: "1" }

const given: Record<string, unknown> = {
  ...order,
  limit_price: "1",
  amount: "1",
  timeout: 60,
  targets: { BTC: "50%" },
  orders: [order, order],
  from_wallet: "Spot Wallet",
  to_wallet: "Futures Wallet",
  report: "trades"
}

/** Names from Kraken's answers, so that a random answer passes the first step. */
const names = [
  "open",
  "closed",
  "trades",
  "ledger",
  "count",
  "descr",
  "close",
  "orders",
  "error",
  "txid",
  "pair",
  "symbol",
  "XXBTZUSD",
  "last",
  "asks",
  "bids",
  "items",
  "amount_allocated",
  "native",
  "total",
  "apr_estimate",
  "lock_type",
  "auto_compound",
  "fees",
  "fees_maker",
  "schedules",
  "inputs",
  "accounts",
  "flags",
  "cursor",
  "amends",
  "events",
  "emergency",
  "upcoming_maintenance",
  "next_steps",
  "limits",
  "fee",
  "withdrawals",
  "deposit",
  "asset_details",
  "limits_monitor",
  "a",
  "b",
  "c",
  "o",
  "price",
  "base",
  "permissions",
  "ip_allowlist",
  "asset",
  "next_cursor"
]

const { answer } = fc.letrec((tie) => ({
  answer: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(null, "", "text", "1.5", 0, 7, true, false),
    fc.array(tie("answer"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie("answer"), { maxKeys: 4, noNullPrototype: true })
  )
}))
