import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer, Option } from "effect"
import { PolicyIntersecting } from "../../../src/layers/access/PolicyIntersecting.ts"
import type { KeyInfo } from "../../../src/domain/keys/keyInfo.ts"
import type { Config } from "../../../src/services/Config.ts"
import { KrakenPermissionError } from "../../../src/services/KrakenErrors.ts"
import { PermissionCache } from "../../../src/services/PermissionCache.ts"
import { Policy } from "../../../src/services/Policy.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"
import { tools } from "../../../src/tools/toolsets.ts"
import { limitedTo } from "../../doubles/TestMandate.ts"
import { Operated } from "../../doubles/TestPrincipal.ts"

const denied = new KrakenPermissionError({
  endpoint: "private/AddOrder",
  needed: [["modify-trades"]],
  refusedBy: "mcp-kraken",
  hints: []
})

/** Provides the policy of a server whose key may only query funds. */
const policy = (changes: Partial<typeof Config.Service> = {}, known = true) =>
  PolicyIntersecting.pipe(
    Layer.provide([
      TestConfig(changes),
      Layer.mock(PermissionCache, {
        require: (endpoint) => (endpoint === "private/AddOrder" ? denied : Effect.void),
        known: Effect.sync(() =>
          known ? Option.some({ permissions: new Set(["query-funds"]) } as unknown as KeyInfo) : Option.none()
        )
      })
    ]),
    Layer.merge(Operated)
  )

const order = {
  name: "add_order",
  endpoint: "private/AddOrder",
  intent: "write",
  permissions: [["modify-trades"]],
  toolset: "trading",
  mayRead: true
} as const
const balance = {
  name: "get_account_balance",
  endpoint: "private/Balance",
  intent: "read",
  permissions: [["query-funds"]],
  toolset: "account",
  mayRead: true
} as const
const cancel = {
  name: "cancel_all_orders",
  endpoint: "private/CancelAll",
  intent: "destroy",
  permissions: [["close-trades"]],
  toolset: "trading",
  mayRead: false
} as const
const mode = {
  name: "get_trading_mode",
  endpoint: undefined,
  intent: "read",
  permissions: [],
  toolset: "general",
  mayRead: true
} as const

const authorize = (call: typeof order | typeof balance | typeof mode, reads: boolean) =>
  Effect.flatMap(Policy, (policy) =>
    Effect.match(policy.authorize({ ...call, reads }), { onSuccess: () => "passes", onFailure: ({ _tag }) => _tag })
  )

const visible = Effect.flatMap(Policy, (policy) =>
  Effect.map(policy.visible([mode, balance, order, cancel]), (tools) => tools.map(({ name }) => name))
)

describe("PolicyIntersecting", () => {
  it.effect("refuses a tool that the key may not use, and passes one that needs no call to Kraken", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* authorize(order, false), "KrakenPermissionError")
      assert.strictEqual(yield* authorize(balance, true), "passes")
      assert.strictEqual(yield* authorize(mode, true), "passes")
    }).pipe(Effect.provide(policy()))
  )

  it.effect("refuses a write on a read-only server before it checks the key", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* authorize(order, false), "ReadOnlyMode")
      assert.strictEqual(yield* authorize(order, true), "KrakenPermissionError")
      assert.deepStrictEqual(yield* visible, ["get_trading_mode", "get_account_balance", "add_order"])
    }).pipe(Effect.provide(policy({ readOnly: true })))
  )

  it.effect("offers the chosen toolsets and the general one", () =>
    Effect.gen(function* () {
      const { offers } = yield* Policy
      assert.deepStrictEqual(yield* Effect.forEach([mode, balance, order], offers), [true, true, false])
      assert.deepStrictEqual(yield* visible, ["get_trading_mode", "get_account_balance"])
    }).pipe(Effect.provide(policy({ toolsets: ["account"] })))
  )

  it.effect("offers only the essential tools of all toolsets, and the general ones", () =>
    Effect.gen(function* () {
      const { offers } = yield* Policy
      const essential = { ...order, isEssential: true }
      assert.deepStrictEqual(yield* Effect.forEach([mode, balance, essential, cancel], offers), [
        true,
        false,
        true,
        false
      ])
    }).pipe(Effect.provide(policy({ toolsets: ["essential"] })))
  )

  it.effect("hides tools that the key may not use from lists, but still offers them", () =>
    Effect.gen(function* () {
      const { offers } = yield* Policy
      assert.deepStrictEqual(yield* visible, ["get_trading_mode", "get_account_balance"])
      assert.isTrue(yield* offers(order))
    }).pipe(Effect.provide(policy({ hideDenied: true })))
  )

  it.effect("hides nothing while the permissions of the key are unknown", () =>
    Effect.gen(function* () {
      assert.lengthOf(yield* visible, 4)
    }).pipe(Effect.provide(policy({ hideDenied: true }, false)))
  )
})

/** Tries a tool with arguments by which it writes, or only reads, and gives the rule that refuses. */
const ruleFor = (name: string, reads = false) => {
  const tool = tools.get(name)
  if (tool === undefined) throw new Error(`no tool ${name}`)
  return Effect.flatMap(Policy, (policy) =>
    policy.admit(tool).pipe(
      Effect.zipRight(policy.authorize({ ...tool, reads: reads || tool.intent === "read" })),
      Effect.either,
      Effect.map(
        Either.match({
          onLeft: (error) =>
            error._tag === "NotAllowed" ? `${error.layer} ${error.rule}: ${error.allowed}` : error._tag,
          onRight: () => "passes"
        })
      )
    )
  )
}

const offered = Effect.flatMap(Policy, (policy) =>
  Effect.map(policy.visible([...tools.values()]), (tools) => new Set(tools.map(({ name }) => name)))
)

/** The policy under which a key may do everything. */
const anyKey = (changes: Partial<typeof Config.Service> = {}) =>
  PolicyIntersecting.pipe(
    Layer.provide([
      TestConfig(changes),
      Layer.mock(PermissionCache, { require: () => Effect.void, known: Effect.succeedNone })
    ])
  )

const serverLimits = Option.some({ spending: { max: {} }, ask: { kinds: ["funds"] } } as const)

describe("a mandate", () => {
  it.effect("to read allows no call that changes anything, except cancels of own orders, which it does not list", () =>
    Effect.gen(function* () {
      for (const name of ["cancel_order", "cancel_all_orders"]) assert.strictEqual(yield* ruleFor(name), "passes", name)
      for (const name of [
        "add_order",
        "cancel_withdrawal",
        "request_export_report",
        "get_deposit_addresses",
        "withdraw"
      ])
        assert.strictEqual(yield* ruleFor(name), "mandate access: calls that change nothing", name)
      for (const name of ["get_ticker", "get_account_balance", "get_open_orders", "get_withdrawal_methods"])
        assert.strictEqual(yield* ruleFor(name), "passes", name)
      for (const name of ["add_order", "get_deposit_addresses"])
        assert.strictEqual(yield* ruleFor(name, true), "passes", name)
      const names = yield* offered
      assert.includeMembers([...names], ["get_ticker", "get_deposit_addresses", "get_my_mandate", "freeze_my_token"])
      for (const name of ["cancel_order", "withdraw", "remove_export", "edit_order"]) assert.isFalse(names.has(name))
    }).pipe(limitedTo({ access: "read" }), Effect.provide(anyKey()))
  )

  it.effect("to read that reaches orders of others allows no cancels", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* ruleFor("cancel_order"), "mandate access: calls that change nothing")
    }).pipe(limitedTo({ access: "read", cancel: "any" }), Effect.provide(anyKey()))
  )

  it.effect("to trade allows orders, cancels and reports, and no funds, earn or subaccounts", () =>
    Effect.gen(function* () {
      for (const name of ["add_order", "amend_order", "cancel_all_orders", "request_export_report", "get_ticker"])
        assert.strictEqual(yield* ruleFor(name), "passes", name)
      for (const name of [
        "withdraw",
        "cancel_withdrawal",
        "wallet_transfer",
        "allocate_earn",
        "create_subaccount",
        "account_transfer",
        "get_deposit_addresses"
      ])
        assert.strictEqual(yield* ruleFor(name), "mandate access: calls that read or trade", name)
      assert.isFalse((yield* offered).has("withdraw"))
    }).pipe(limitedTo({ access: "trade" }), Effect.provide(anyKey()))
  )

  it.effect("allows with each access all that it allows with a lower one", () =>
    Effect.gen(function* () {
      const allowed = (access: "read" | "trade" | "full") =>
        Effect.provide(offered, anyKey()).pipe(limitedTo({ access }))
      const [read, trade, full] = yield* Effect.all([allowed("read"), allowed("trade"), allowed("full")])
      assert.isTrue([...read].every((name) => trade.has(name)))
      assert.isTrue([...trade].every((name) => full.has(name)))
      assert.isBelow(read.size, trade.size)
      assert.isBelow(trade.size, full.size)
    })
  )

  it.effect("never allows a credential for another program, or a call that would touch orders of others", () =>
    Effect.gen(function* () {
      const credential = "mandate credential: no credential with which another program can trade"
      assert.strictEqual(yield* ruleFor("get_websockets_token"), credential)
      assert.strictEqual(yield* ruleFor("edit_order"), "mandate edit_order: amend_order")
      assert.strictEqual(
        yield* ruleFor("cancel_all_orders_after"),
        "mandate cancel: cancel_order and cancel_all_orders"
      )
      const names = yield* offered
      for (const name of ["get_websockets_token", "edit_order", "cancel_all_orders_after"])
        assert.isFalse(names.has(name))
    }).pipe(limitedTo({ access: "full" }), Effect.provide(anyKey()))
  )

  it.effect("allows the timer that cancels all orders to a caller that can cancel all", () =>
    Effect.map(ruleFor("cancel_all_orders_after"), (rule) => assert.strictEqual(rule, "passes")).pipe(
      limitedTo({ access: "trade", cancel: "any" }),
      Effect.provide(anyKey())
    )
  )

  it.effect("offers its toolsets, as far as the server has them", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* ruleFor("get_account_balance"), "mandate toolsets: general, market, funding")
      assert.strictEqual(yield* ruleFor("get_ticker"), "passes")
      assert.strictEqual(yield* ruleFor("get_my_mandate"), "passes")
      const { offers } = yield* Policy
      assert.isFalse(yield* offers({ name: "balances", toolset: "account", mayRead: true }))
      const names = yield* offered
      assert.isTrue(names.has("get_ticker"))
      assert.isFalse(names.has("withdraw"))
    }).pipe(
      limitedTo({ access: "full", toolsets: ["market", "funding"] }),
      Effect.provide(anyKey({ toolsets: ["market", "account"] }))
    )
  )

  it.effect("is named after the settings of the server and before the key", () =>
    Effect.gen(function* () {
      const rules = (changes: Partial<typeof Config.Service>) =>
        ruleFor("add_order").pipe(limitedTo({ access: "read" }), Effect.provide(policy(changes)))
      assert.strictEqual(yield* rules({ readOnly: true }), "ReadOnlyMode")
      assert.strictEqual(yield* rules({}), "mandate access: calls that change nothing")
    })
  )
})

describe("limits of the server", () => {
  it.effect("allow nobody a credential with which another program can trade", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* ruleFor("get_websockets_token"),
        "server credential: no credential with which another program can trade"
      )
      assert.isFalse((yield* offered).has("get_websockets_token"))
      assert.strictEqual(yield* ruleFor("edit_order"), "passes")
    }).pipe(Effect.provide(Layer.merge(anyKey({ serverLimits }), Operated)))
  )
})
