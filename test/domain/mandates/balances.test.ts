import { assert, describe, it } from "@effect/vitest"
import { makeDirectory } from "../../../src/domain/assets/directory.ts"
import { availableBalances } from "../../../src/domain/mandates/balances.ts"
import { directory } from "../../fixtures/krakenLists.ts"

describe("available balances", () => {
  it("are what new orders can use: with credit, without holds", () => {
    assert.deepStrictEqual(
      availableBalances(
        {
          ZUSD: { balance: "100.5", hold_trade: "20", credit: "30", credit_used: "5" },
          "XBT.M": { balance: "7" },
          NOPE: { balance: "1" }
        },
        directory
      ),
      { USD: "105.5" }
    )
  })

  it("of one asset in two rows add up", () => {
    assert.deepStrictEqual(availableBalances({ XXBT: { balance: "1" }, XBT: { balance: "0.5" } }, directory), {
      BTC: "1.5"
    })
  })

  it("of two assets with one display name are named apart", () => {
    const row = (altname: string) => ({ altname, aclass: "tokenized_asset", decimals: 8, display_decimals: 4 })
    const twins = makeDirectory({
      currency: { assets: {}, pairs: {} },
      tokenized_asset: { assets: { TSLAx: row("TSLAx"), "TSLA-OLD": row("TSLAx") }, pairs: {} },
      venuePairs: undefined
    })
    const rows = { TSLAx: { balance: "1" }, "TSLA-OLD": { balance: "2" } }
    const named = availableBalances(rows, twins)
    assert.deepStrictEqual(named, { TSLAx: "1", "TSLA-OLD": "2" })
    const turned = availableBalances({ "TSLA-OLD": { balance: "2" }, TSLAx: { balance: "1" } }, twins)
    assert.deepStrictEqual(turned, named)
  })
})
