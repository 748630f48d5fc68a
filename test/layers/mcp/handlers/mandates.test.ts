import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { CallBudgetInMemory } from "../../../../src/layers/access/CallBudgetSql.ts"
import { Permission } from "../../../../src/domain/keys/permissions.ts"
import { limitedBearer } from "../../../doubles/TestMandate.ts"
import { stateless, TestMcpHttpHandler } from "../../../doubles/TestMcp.ts"

type Json = ReturnType<typeof JSON.parse>

const answers = { "public/Time": { unixtime: 1, rfc1123: "now" }, "private/CancelAll": { count: 1 } }

/** Sends a request for the bearer of a token with a mandate, and returns the result or the error. */
const as =
  (...mandate: Parameters<typeof limitedBearer>) =>
  (method: string, params = {}): Effect.Effect<Json, never, Effect.Effect.Context<ReturnType<typeof stateless>>> =>
    Effect.map(stateless(method, params, {}, limitedBearer(...mandate)), ({ body }) => body.result ?? body.error)

const names = (rows: ReadonlyArray<{ readonly name: string }>) => rows.map(({ name }) => name)

const server = () => TestMcpHttpHandler({ answers, granted: Permission.literals }, {}, CallBudgetInMemory)

describe("a caller with a mandate", () => {
  it.effect("sees only the tools, resources and prompts that it may use", () =>
    Effect.gen(function* () {
      const ask = as({ access: "read", toolsets: ["market", "trading"] })
      const { tools } = yield* ask("tools/list")
      assert.includeMembers(names(tools), ["get_my_mandate", "freeze_my_token", "get_ticker", "get_open_orders"])
      for (const name of ["cancel_order", "get_account_balance", "withdraw"]) assert.notInclude(names(tools), name)
      const { resources } = yield* ask("resources/list")
      assert.deepStrictEqual(names(resources), ["assets", "pairs", "system-status", "open-orders"])
      assert.deepStrictEqual(names((yield* ask("prompts/list")).prompts), ["order_post_mortem"])
      const everything = yield* as({ access: "full" })("prompts/list")
      assert.lengthOf(everything.prompts, 4)
    }).pipe(Effect.provide(server()))
  )

  it.effect("is told by text and by data which rule refuses a call", () =>
    Effect.gen(function* () {
      const call = { name: "withdraw", arguments: { asset: "BTC", key: "mine", amount: "1" } }
      const result = yield* as({ access: "trade" })("tools/call", call)
      assert.isTrue(result.isError)
      assert.match(result.content[0].text, /^NotAllowed: /)
      assert.notProperty(result, "structuredContent")
      assert.deepStrictEqual(result._meta["mcp-kraken/refusal"], {
        _tag: "NotAllowed",
        layer: "mandate",
        call: "withdraw",
        rule: "access",
        asked: "withdraw",
        allowed: "calls that read or trade"
      })
      assert.property(result._meta, "mcp-kraken/receipt")
      const other = yield* as({ toolsets: ["market"] })("tools/call", { ...call, name: "get_account_balance" })
      assert.strictEqual(other._meta["mcp-kraken/refusal"].rule, "toolsets")
    }).pipe(Effect.provide(server()))
  )

  it.effect("is refused calls beyond their limit, except cancels and tools that ask Kraken nothing", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-11-29T12:00:30Z"))
      const ask = as({ calls: { min: 2 } })
      const call = (name: string, args = {}) => ask("tools/call", { name, arguments: args })
      assert.isNotTrue((yield* call("get_server_time")).isError)
      assert.isTrue((yield* call("get_server_time", { unknown: 1 })).isError)
      const refused = yield* call("get_server_time")
      assert.deepStrictEqual(refused._meta["mcp-kraken/refusal"], {
        _tag: "LimitReached",
        layer: "mandate",
        call: "get_server_time",
        limit: "calls/min",
        asked: "1",
        allowed: "2",
        left: "0",
        unit: "calls",
        availableAt: "2026-11-29T12:01:00.000Z"
      })
      assert.isNotTrue((yield* call("cancel_all_orders")).isError)
      const { structuredContent } = yield* call("get_my_mandate")
      assert.deepInclude(structuredContent.limits, {
        layer: "mandate",
        limit: "calls/min",
        unit: "calls",
        allowed: "2",
        used: "4",
        left: "0",
        available_at: "2026-11-29T12:01:00Z"
      })
      const resource = yield* ask("resources/read", { uri: "kraken://assets" })
      assert.strictEqual(resource.data.limit, "calls/min")
    }).pipe(Effect.provide(server()))
  )
})
