import { assert, describe, it } from "@effect/vitest"
import { describePlan } from "../../../src/domain/approvals/describePlan.ts"
import { describeRequest } from "../../../src/domain/approvals/describeRequest.ts"
import { endpoints, isEndpoint, isWrite } from "../../../src/domain/endpoints/endpoints.ts"

const quote = { sends: {}, prices: [], worst: [], values: [], feeRates: [], balances: [], limits: [], missing: [] }

describe("the description of a plan", () => {
  it.each(Object.keys(endpoints).filter(isEndpoint).filter(isWrite))(
    "begins with the sentence that the page shows: %s",
    (endpoint) => {
      const request = { asset: "XBT", key: "home", amount: "1", pair: "XBTUSD", txid: "O1" }
      const claim = { spends: [] }
      const [first] = describePlan({ caller: { id: "a" }, endpoint, request, claim, asks: [], quote, tolerance: "1" })
      assert.deepStrictEqual(first, ["Act", describeRequest(endpoint, request, claim)])
    }
  )
})
