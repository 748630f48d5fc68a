import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { PolicyOfServer } from "../../../src/layers/access/PolicyOfServer.ts"
import type { KeyInfo } from "../../../src/domain/keys/keyInfo.ts"
import type { Config } from "../../../src/services/Config.ts"
import { KrakenPermissionError } from "../../../src/services/KrakenErrors.ts"
import { PermissionCache } from "../../../src/services/PermissionCache.ts"
import { Policy } from "../../../src/services/Policy.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"
import { Operated } from "../../doubles/TestPrincipal.ts"

const denied = new KrakenPermissionError({
  endpoint: "private/AddOrder",
  needed: [["modify-trades"]],
  refusedBy: "mcp-kraken",
  hints: []
})

/** Provides the policy of a server whose key may only query funds. */
const policy = (changes: Partial<typeof Config.Service> = {}, known = true) =>
  PolicyOfServer.pipe(
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

describe("PolicyOfServer", () => {
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
