import { assert, describe, it } from "@effect/vitest"
import { applyToBalances, totalsOf, type WalletBalances } from "../../../src/domain/live/walletBalances.ts"

const snapshot = [
  { asset: "USD", balance: "5", wallets: [{ type: "spot", id: "main", balance: "5.00" }] },
  {
    asset: "DOT",
    balance: "3",
    wallets: [
      { type: "spot", id: "main", balance: "1" },
      { type: "earn", id: "flex", balance: "2" }
    ]
  }
]
const update = (asset: string) => [{ asset, wallet_type: "spot", wallet_id: "main", amount: "1", balance: "6.50" }]

const start = (): WalletBalances => {
  const balances = applyToBalances(undefined, true, snapshot, 1)
  assert(typeof balances === "object")
  return balances
}

describe("live balances", () => {
  it("add up the wallets of a snapshot, and take over an update", () => {
    const after = applyToBalances(start(), false, update("USD"), 2)
    assert(typeof after === "object")
    assert.deepStrictEqual(
      [...totalsOf(after)],
      [
        ["USD", "6.5"],
        ["DOT", "3"]
      ]
    )
  })

  it("are left alone by a message that comes again, and by an update before the snapshot", () => {
    const before = start()
    assert.strictEqual(applyToBalances(before, false, update("USD"), 1), before)
    assert.isUndefined(applyToBalances(undefined, false, update("USD"), 2))
  })

  it.each([
    ["a message is missing", update("USD"), 3],
    ["the asset is in two wallets, since the update might mean either sum", update("DOT"), 2],
    ["a row is of an unknown form", [{ asset: "USD" }], 2]
  ])("are broken if %s", (_, rows, sequence) => {
    assert.strictEqual(applyToBalances(start(), false, rows, sequence), "broken")
  })
})
