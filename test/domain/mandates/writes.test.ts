import { assert, describe, it } from "@effect/vitest"
import { endpoints, isWrite, type Endpoint, type WriteEndpoint } from "../../../src/domain/endpoints/endpoints.ts"
import { factsNeeded, type Rules } from "../../../src/domain/mandates/assess.ts"
import {
  allowed,
  buy,
  directory,
  facts,
  judged,
  openBuy,
  openRow,
  rule,
  sell,
  serverLimits,
  summary,
  under,
  withBooks
} from "./judging.ts"

const full = under({ access: "full", withdraw: { cold: { amount: "200", asset: "EUR", per: "day" } } })
const withdrawal = { asset: "XBT", key: "cold", amount: "0.002" }

describe("a withdrawal", () => {
  it("counts with its fee against the limits of spending and that of its address", () => {
    assert.deepStrictEqual(summary(judged("private/Withdraw", withdrawal, full)), [
      "0.002 BTC, token1 USD 50010, token1 withdraw:cold:EUR 45010"
    ])
    assert.deepStrictEqual(allowed(judged("private/Withdraw", withdrawal, full)).claim.spends[0]?.kind, "funds")
    assert.deepStrictEqual(summary(judged("private/Withdraw", withdrawal, { server: serverLimits })), [
      "0.002 BTC, * EUR 45010"
    ])
  })

  it.each(["Cold", "cold ", "constructor", "__proto__", "toString", ""])(
    "to %j, which the mandate does not name, is refused",
    (key) => {
      assert.strictEqual(rule(judged("private/Withdraw", { ...withdrawal, key }, full)), "withdraw")
    }
  )

  it("can go anywhere only if the mandate says so", () => {
    assert.deepStrictEqual(summary(judged("private/Withdraw", withdrawal, under({ access: "full" }))), [
      "0.002 BTC, token1 USD 50010"
    ])
  })

  it("is refused if the mandate names no address", () => {
    const none = under({ access: "full", withdraw: {} })
    assert.strictEqual(rule(judged("private/Withdraw", withdrawal, none)), "withdraw")
    assert.strictEqual(rule(judged("private/Withdraw", withdrawal, under())), "access")
  })

  it("is refused if its amount could mean another one", () => {
    for (const change of [
      { rebase_multiplier: "base" },
      { aclass: "tokenized_asset" },
      { asset: "NOPE" },
      { amount: "0" },
      { amount: "1".repeat(30) }
    ])
      assert.match(String(rule(judged("private/Withdraw", { ...withdrawal, ...change }, full))), /^\? /)
  })

  it("of a balance that is staked or held is one of its asset", () => {
    assert.deepInclude(allowed(judged("private/Withdraw", { ...withdrawal, asset: "XBT.M" }, full)).claim.spends[0], {
      asset: "BTC"
    })
  })

  it("without a price is refused", () => {
    assert.match(
      String(rule(judged("private/Withdraw", withdrawal, full, withBooks({ "BTC/USD": undefined })))),
      /value of BTC/
    )
    assert.match(String(rule(judged("private/Withdraw", { ...withdrawal, asset: "FLR" }, full))), /value of FLR/)
  })

  it("leaves the balance that has to stay", () => {
    const rules = under({ ...full.own?.terms, keep: { XBT: "1" } })
    assert.strictEqual(
      summary(judged("private/Withdraw", withdrawal, rules, { balances: new Map([["BTC", "1.001"]]) })),
      "too much: 0.002 of 0.001 BTC"
    )
  })

  it("asks a person", () => {
    const asking = under({ ...full.own?.terms, ask: { above: { amount: "100", asset: "USD" }, kinds: ["funds"] } })
    assert.deepStrictEqual(allowed(judged("private/Withdraw", withdrawal, asking)).ask, ["funds", "above 100 USD"])
  })
})

describe("a transfer", () => {
  it("counts, and only to the wallet that Kraken has", () => {
    const transfer = { asset: "USD", from: "Spot Wallet", to: "Futures Wallet", amount: "10" }
    assert.deepStrictEqual(summary(judged("private/WalletTransfer", transfer, full)), ["10 USD, token1 USD 1"])
    assert.match(String(rule(judged("private/WalletTransfer", { ...transfer, to: "Spot Wallet" }, full))), /parameters/)
    const between = { asset: "EUR", from: "AA", to: "BB", amount: "10" }
    assert.deepStrictEqual(summary(judged("private/AccountTransfer", between, full)), ["10 EUR, token1 USD 1.1"])
    assert.match(
      String(rule(judged("private/AccountTransfer", { ...between, asset_class: "tokenized_asset" }, full))),
      /asset/
    )
  })
})

describe("an allocation", () => {
  const allocation = { strategy_id: "ES1", amount: "0.001" }
  const asking = under({ access: "full", ask: { kinds: ["funds"] } })

  it("counts in the asset of its strategy", () => {
    const strategy = { asset: "XBT", lock: "flex" }
    assert.deepStrictEqual(summary(judged("private/Earn/Allocate", allocation, full, { strategy })), [
      "0.001 BTC, token1 USD 50010"
    ])
    assert.match(String(rule(judged("private/Earn/Allocate", allocation, full))), /strategy/)
    assert.deepStrictEqual(summary(judged("private/Earn/Deallocate", allocation, full)), [])
  })

  it.each<readonly [string | undefined, ReadonlyArray<string>]>([
    ["flex", []],
    ["instant", []],
    ["bonded", ["funds"]],
    ["timed", ["funds"]],
    ["of tomorrow", ["funds"]],
    [undefined, ["funds"]]
  ])("with lock %s asks for %j", (lock, ask) => {
    const strategy = { asset: "XBT", ...(lock !== undefined && { lock }) }
    assert.deepStrictEqual(allowed(judged("private/Earn/Allocate", allocation, asking, { strategy })).ask, ask)
  })
})

describe("each write", () => {
  const writes = Object.keys(endpoints).filter((name): name is WriteEndpoint => isWrite(name as Endpoint))
  const refusedFor = (rules: Rules) =>
    writes.filter((endpoint) =>
      ["access", "credential", "cancel", "edit_order"].includes(String(rule(judged(endpoint, { new: true }, rules))))
    )

  it("needs an access that fits it", () => {
    const beyondTrade = [
      "private/CancelAllOrdersAfter",
      "private/CreateSubaccount",
      "private/AccountTransfer",
      "private/DepositAddresses",
      "private/EditOrder",
      "private/Earn/Allocate",
      "private/Earn/Deallocate",
      "private/GetWebSocketsToken",
      "private/WalletTransfer",
      "private/Withdraw"
    ]
    assert.sameMembers(refusedFor(under({ access: "full" })), [
      "private/CancelAllOrdersAfter",
      "private/EditOrder",
      "private/GetWebSocketsToken"
    ])
    assert.sameMembers(refusedFor(under({ access: "trade" })), beyondTrade)
    assert.sameMembers(refusedFor(under({ access: "read" })), [
      ...beyondTrade,
      "private/AddExport",
      "private/RemoveExport",
      "private/AddOrder",
      "private/AddOrderBatch",
      "private/AmendOrder"
    ])
  })

  it("that cancels is always allowed as it is, and takes nothing", () => {
    for (const endpoint of [
      "private/CancelOrder",
      "private/CancelOrderBatch",
      "private/CancelAll",
      "private/WithdrawCancel"
    ] as const)
      for (const rules of [under({ access: "read" }), { server: serverLimits }, {}]) {
        const params = { txid: "O1", anything: ["else"] }
        assert.deepInclude(judged(endpoint, params, rules), { _tag: "Allowed", params, ask: [] })
      }
  })

  it("that cancels all orders at a later time is refused under own, and asked for if the rules say so", () => {
    assert.strictEqual(rule(judged("private/CancelAllOrdersAfter", { timeout: 60 })), "cancel")
    const any = under({ cancel: "any", ask: { kinds: ["cancel-all"] } })
    assert.deepStrictEqual(allowed(judged("private/CancelAllOrdersAfter", { timeout: 60 }, any)).ask, ["cancel-all"])
    assert.deepStrictEqual(allowed(judged("private/CancelAll", {}, any)).ask, ["cancel-all"])
  })

  it("that hands out a token for trading is refused for every mandate, and while the server has a limit or an ask", () => {
    const server = (spending: object, ask: Partial<(typeof serverLimits)["ask"]>): Rules => ({
      server: { spending: { max: {}, ...spending }, ask: { kinds: [], ...ask } }
    })
    for (const rules of [
      under({ access: "full" }),
      server({ currency: "USD", max: { day: "1" } }, {}),
      server({}, { kinds: ["market"] }),
      server({}, { above: { amount: "1", asset: "USD" } })
    ])
      assert.strictEqual(rule(judged("private/GetWebSocketsToken", {}, rules)), "credential")
    for (const rules of [{}, server({}, {}), server({ max: { order: "none" } }, {})])
      assert.isUndefined(rule(judged("private/GetWebSocketsToken", {}, rules)))
  })

  it("is as it was for a caller without rules, and only asked about if the server only asks", () => {
    for (const endpoint of writes) assert.deepInclude(judged(endpoint, { any: 1 }, {}), { params: { any: 1 }, ask: [] })
    const asks: Rules = { server: { spending: { max: {} }, ask: { kinds: ["funds"] } } }
    const asked = writes.filter((endpoint) => allowedAsk(endpoint, asks).includes("funds"))
    assert.sameMembers(asked, [
      "private/AccountTransfer",
      "private/Earn/Allocate",
      "private/WalletTransfer",
      "private/Withdraw"
    ])
  })

  const allowedAsk = (endpoint: WriteEndpoint, rules: Rules) => {
    const result = judged(endpoint, {}, rules)
    return result._tag === "Allowed" ? result.ask : []
  }

  it("without the currency of a limit cannot be judged", () => {
    assert.match(
      String(rule(judged("private/AddOrder", buy, under({ spending: { max: { day: "1" } } })))),
      /limit of spending/
    )
  })
})

describe("the facts that a write needs", () => {
  const needed = (endpoint: WriteEndpoint, params: object, rules: Rules = under(), known = {}) =>
    factsNeeded(endpoint, { ...params }, rules, directory, known)
  const none = { books: [], fees: [], owned: [], balances: false, newClientIds: [] }

  it("are the books, fees, balances and coins by which it is judged", () => {
    assert.deepStrictEqual(needed("private/AddOrder", buy), { ...none, books: ["BTC/USD"], fees: ["BTC/USD"] })
    assert.deepStrictEqual(needed("private/AddOrder", sell), {
      ...none,
      books: ["BTC/USD"],
      fees: ["BTC/USD"],
      owned: ["BTC"]
    })
    assert.deepStrictEqual(
      needed(
        "private/AddOrder",
        { ...buy, pair: "ETHXBT", cl_ord_id: "a" },
        under({ keep: { BTC: "1" } }, serverLimits)
      ),
      {
        ...none,
        books: ["ETH/BTC", "BTC/USD", "BTC/EUR"],
        fees: ["ETH/BTC"],
        balances: true,
        newClientIds: ["a"]
      }
    )
    assert.deepStrictEqual(needed("private/Withdraw", withdrawal, full), { ...none, books: ["BTC/USD", "BTC/EUR"] })
  })

  it("are no book for a limit buy in the currency of the limit without a collar", () => {
    assert.deepStrictEqual(needed("private/AddOrder", buy, under({ collar: undefined! })).books, [])
  })

  it("are first the order or the strategy that it names", () => {
    const amendment = { txid: "O1", order_qty: "1" }
    assert.deepStrictEqual(needed("private/AmendOrder", amendment), { ...none, amended: { txid: "O1" } })
    const known = { amended: { hasClose: false, open: openBuy, row: openRow } }
    assert.deepStrictEqual(needed("private/AmendOrder", amendment, under(), known).books, ["BTC/USD"])
    const allocation = { strategy_id: "ES1", amount: "1" }
    assert.deepStrictEqual(needed("private/Earn/Allocate", allocation), { ...none, strategy: "ES1" })
    assert.deepStrictEqual(needed("private/Earn/Allocate", allocation, under(), { strategy: { asset: "ETH" } }).books, [
      "ETH/USD"
    ])
  })

  it("are none for a write that no rule binds, or that cannot be read", () => {
    assert.deepStrictEqual(needed("private/AddOrder", buy, {}), none)
    for (const endpoint of [
      "private/AddOrder",
      "private/AddOrderBatch",
      "private/AmendOrder",
      "private/Withdraw",
      "private/Earn/Allocate",
      "private/CancelAll"
    ] as const)
      for (const params of [{ nonsense: true }, { asset: [], strategy_id: 1 }, { ...buy, pair: "NOPE" }])
        assert.deepStrictEqual(needed(endpoint, params), none)
  })

  it("are enough: nothing else is read", () => {
    for (const params of [
      buy,
      sell,
      { ...buy, pair: "ETHXBT", price: "0.04" },
      { ...sell, pair: "ETHXBT", price: "0.04" }
    ]) {
      const rules = under({}, serverLimits)
      const { books, fees } = needed("private/AddOrder", params, rules)
      const all = facts()
      const some = {
        books: new Map([...all.books].filter(([name]) => books.includes(name))),
        takerFee: (pair: string) => (fees.includes(pair) ? "0.4" : undefined)
      }
      assert.deepStrictEqual(judged("private/AddOrder", params, rules, some), judged("private/AddOrder", params, rules))
    }
  })
})
