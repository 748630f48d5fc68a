import { assert, describe, it } from "@effect/vitest"
import { endpoints as table, isEndpoint, isWrite } from "../../src/domain/endpoints/endpoints.ts"
import { isRecognizable } from "../../src/layers/kraken/writes/duplicates.ts"
import { toolsets } from "../../src/tools/toolsets.ts"
import endpoints from "../fixtures/endpoints.json" with { type: "json" }
import permissions from "../fixtures/permissions.json" with { type: "json" }

const tools = Object.values(toolsets).flat()

/** The permissions that Kraken's reference demands for each endpoint: any of several sets. */
const needs: Record<string, ReadonlyArray<ReadonlyArray<string>>> = permissions

/** Endpoints for which each call changes the account. */
const writes = [
  "AddExport",
  "RemoveExport",
  "AddOrder",
  "AddOrderBatch",
  "AmendOrder",
  "EditOrder",
  "CancelOrder",
  "CancelAll",
  "CancelAllOrdersAfter",
  "CancelOrderBatch",
  "DepositAddresses",
  "Withdraw",
  "WithdrawCancel",
  "WalletTransfer",
  "Earn/Allocate",
  "Earn/Deallocate",
  "CreateSubaccount",
  "AccountTransfer",
  "GetWebSocketsToken"
].map((name) => `private/${name}`)

/** Endpoints for which a second identical call has no further effect. */
const repeatable = ["CancelOrder", "CancelAll", "CancelAllOrdersAfter", "CancelOrderBatch", "GetWebSocketsToken"].map(
  (name) => `private/${name}`
)

/** The permissions of tools that read several endpoints: all of those without which they cannot answer. */
const several: Record<string, ReadonlyArray<string>> = {
  get_pnl: ["private/BalanceEx", "private/Ledgers"],
  plan_rebalance: ["private/BalanceEx", "private/OpenOrders", "private/TradeVolume"]
}

describe("the tools and Kraken's reference", () => {
  it("agree on which endpoint each tool is, and on which there are", () => {
    const known = Object.fromEntries(
      tools.flatMap(({ endpoint, name }) => (endpoint === undefined ? [] : [[name, endpoint]]))
    )
    assert.deepStrictEqual<Record<string, unknown>>(known, endpoints)
  })

  it("agree on what a key needs", () => {
    const sorted = (sets: ReadonlyArray<ReadonlyArray<string>>) =>
      sets.map((set) => set.toSorted().join("+")).toSorted()
    for (const { endpoint = "", name, permissions } of tools) {
      if (endpoint.startsWith("public/")) assert.deepStrictEqual(permissions, [], name)
      else if (isEndpoint(endpoint) && table[endpoint].unconfirmed) assert.notProperty(needs, endpoint)
      else {
        const all = (several[name] ?? [endpoint]).map((each) => needs[each] ?? [])
        const together = all.length === 1 ? all.flat() : [[...new Set(all.flat(2))]]
        assert.deepStrictEqual(sorted(permissions), sorted(together), name)
      }
    }
  })

  it("agree on what is a write, and on what may be done twice", () => {
    for (const { definition, endpoint, intent, name } of tools) {
      // The reference says nothing of a tool that does not ask Kraken.
      if (endpoint === undefined) continue
      assert.strictEqual(intent !== "read", writes.includes(endpoint), name)
      const twice = intent === "read" || repeatable.includes(endpoint)
      const { idempotentHint = false, readOnlyHint = false } = definition.annotations ?? {}
      assert.strictEqual(readOnlyHint || idempotentHint, twice, name)
    }
  })

  it("take `repeat` if they can be meant twice, and say then what was not placed again", () => {
    for (const { definition, endpoint, name, schemas } of tools) {
      const recognized = endpoint !== undefined && isWrite(endpoint) && isRecognizable(endpoint)
      assert.strictEqual("duplicate_of" in Object(schemas.output["properties"]), recognized, name)
      // Kraken accepts the name of a subaccount only once.
      const twice = recognized && name !== "create_subaccount"
      assert.strictEqual("repeat" in (definition.inputSchema.properties ?? {}), twice, name)
    }
  })

  it("a server that only reads offers what reads, alerts, and the one tool that writes on request alone", () => {
    const either = tools.filter((tool) => tool.intent !== "read" && tool.mayRead).map((tool) => tool.name)
    assert.deepStrictEqual(either, ["create_alert", "delete_alert", "wait_for_alert", "get_deposit_addresses"])
    assert.isTrue(tools.every((tool) => tool.intent !== "read" || tool.mayRead))
  })
})
