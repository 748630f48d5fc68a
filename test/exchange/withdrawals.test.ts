import { assert, describe, it } from "@effect/vitest"
import { syntheticMarket } from "../../src/exchange/markets/synthetic/syntheticMarket.ts"
import { makeTestExchange } from "../doubles/TestExchange.ts"

describe("withdrawals and transfers", () => {
  it("a withdrawal leaves the balance at once and can be cancelled while it is initial", () => {
    const v = makeTestExchange()
    const request = { asset: "XBT", key: "btc-wallet-1", amount: "1" }
    assert.deepInclude(v.ok("WithdrawInfo", request), { amount: "0.9999000000", fee: "0.0001000000" })
    const first = v.ok("Withdraw", request).refid
    assert.strictEqual(v.ok("Balance").XXBT, "9.0000000000")
    assert.isTrue(v.ok("WithdrawCancel", { asset: "XBT", refid: first }))
    assert.strictEqual(v.ok("Balance").XXBT, "10.0000000000")
    const second = v.ok("Withdraw", request).refid
    v.wait(30)
    assert.isFalse(v.ok("WithdrawCancel", { asset: "XBT", refid: second }))
    v.wait(150)
    const [newest, oldest] = v.ok("WithdrawStatus", { asset: "XBT" })
    assert.deepInclude(newest, { refid: second, status: "Success", amount: "0.9999000000" })
    assert.lengthOf(newest.txid, 64)
    assert.deepInclude(oldest, { refid: first, "status-prop": "canceled" })
  })

  it("a cancelled withdrawal is credited back once, with its fee, and only a key that may withdraw can cancel it", () => {
    const v = makeTestExchange()
    const { refid } = v.ok("Withdraw", { asset: "XBT", key: "btc-wallet-1", amount: "1" })
    const cancel = { asset: "XBT", refid }
    const noKey = { key: { id: "k", name: "k", permissions: ["query-funds"] } }
    assert.strictEqual(v.refused("WithdrawCancel", cancel, noKey), "EGeneral:Permission denied")
    assert.strictEqual(v.refused("WithdrawCancel", { ...cancel, refid: "FT" }, noKey), "EGeneral:Permission denied")
    assert.strictEqual(v.refused("WithdrawCancel", { ...cancel, asset: "ETH" }), "EFunding:Unknown reference id")
    assert.deepStrictEqual(
      [true, false, false].map(() => v.ok("WithdrawCancel", cancel)),
      [true, false, false]
    )
    assert.strictEqual(v.ok("Balance").XXBT, "10.0000000000")
    const entries: ReadonlyArray<Record<string, string>> = Object.values(v.ok("Ledgers", { type: "withdrawal" }).ledger)
    assert.deepStrictEqual(
      entries.map(({ amount, balance, fee, refid }) => [refid, amount, fee, balance]),
      [
        [refid, "0.9999000000", "-0.0001000000", "10.0000000000"],
        [refid, "-0.9999000000", "0.0001000000", "9.0000000000"]
      ]
    )
  })

  it("a failed withdrawal is credited back too, and a failed deposit is never credited", () => {
    const v = makeTestExchange()
    const withdraw = () => v.ok("Withdraw", { asset: "XBT", key: "btc-wallet-1", amount: "1" }).refid
    const [first, second] = [withdraw(), withdraw()]
    v.ok("control/Deposit", { account: "ann", asset: "ETH", amount: "2" })
    const arrived = v.ok("control/Deposit", { account: "ann", asset: "ETH", amount: "3", at_once: true })
    v.wait(150)
    assert.deepStrictEqual(v.ok("control/FailTransfers", { refid: first }), { failed: [first] })
    assert.deepInclude(v.ok("WithdrawStatus").at(-1), { status: "Failure", "status-prop": "return", txid: null })
    assert.strictEqual(v.ok("Balance").XXBT, "9.0000000000")
    assert.isFalse(v.ok("WithdrawCancel", { asset: "XBT", refid: first }))
    assert.lengthOf(v.ok("control/FailTransfers").failed, 2)
    const [, failed] = v.ok("DepositStatus", { asset: "ETH" })
    assert.deepInclude(failed, { status: "Failure", "status-prop": "return" })
    v.wait(60)
    assert.deepInclude(v.ok("Balance"), { XXBT: "10.0000000000", XETH: "3.0000000000" })
    for (const { refid } of [arrived, { refid: first }, { refid: second }, { refid: "FT" }]) {
      assert.strictEqual(v.refused("control/FailTransfers", { refid }), "EGeneral:Invalid arguments:refid")
    }
  })

  it("a transfer to the futures wallet is complete at once; any key can ask to cancel it", () => {
    const v = makeTestExchange()
    const futures = { asset: "XBT", from: "Spot Wallet", to: "Futures Wallet", amount: "1" }
    const { refid } = v.ok("WalletTransfer", futures)
    const answer = v.ask("WithdrawCancel", { asset: "XBT", refid }, { key: { id: "k", name: "k", permissions: [] } })
    assert.deepStrictEqual(answer, { result: false })
    assert.strictEqual(v.ok("Balance").XXBT, "9.0000000000")
    assert.deepStrictEqual(v.ok("WithdrawStatus"), [])
    const cases: ReadonlyArray<readonly [object, string]> = [
      [{ from: "Futures Wallet", to: "Spot Wallet" }, "EGeneral:Invalid arguments:from"],
      [{ to: "Spot Wallet" }, "EGeneral:Invalid arguments:to"],
      [{ amount: "0" }, "EFunding:Invalid amount"],
      [{ amount: null }, "EGeneral:Invalid arguments:amount"],
      [{ amount: "9.5" }, "EFunding:Insufficient funds"],
      [{ asset: "ZZZ" }, "EFunding:Unknown asset"]
    ]
    for (const [change, error] of cases)
      assert.strictEqual(v.refused("WalletTransfer", { ...futures, ...change }), error)
    v.order("sell 8.5 limit 60000")
    assert.strictEqual(v.refused("WalletTransfer", futures), "EFunding:Insufficient funds", "what is held stays")
    assert.strictEqual(
      v.refused("Withdraw", { asset: "XBT", key: "btc-wallet-1", amount: "1" }),
      "EFunding:Insufficient funds"
    )
  })

  it("withdrawal methods and networks have distinct ids", () => {
    const methods: ReadonlyArray<Record<string, string>> = makeTestExchange().ok("WithdrawMethods")
    const ids = new Set(methods.map(({ method_id }) => method_id))
    assert.strictEqual(ids.size, methods.length)
    for (const id of ids) assert.match(id!, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/)
    const onEthereum = methods.filter(({ network }) => network === "Ethereum")
    assert.isAbove(onEthereum.length, 1)
    assert.strictEqual(new Set(onEthereum.map(({ network_id }) => network_id)).size, 1)
  })

  it("at most ten million dollars can be withdrawn in 24 hours, at the prices of each withdrawal", () => {
    const v = makeTestExchange()
    v.open("rich", { XBT: "300", USD: "9000000" })
    const bitcoin = { asset: "XBT", key: "btc-wallet-1" }
    const dollars = { asset: "USD", key: "usd-bank-1" }
    const limits = () => v.ok("WithdrawMethods", { asset: "USD" }, "rich")[0].limits[0].limits["86400"]
    const withdraw = (request: object, amount: string) => v.ok("Withdraw", { ...request, amount }, "rich").refid
    const most = (request: object) => v.ok("WithdrawInfo", { ...request, amount: "100" }, "rich").limit
    assert.strictEqual(most(bitcoin), "199.9999000000")
    assert.strictEqual(
      v.refused("Withdraw", { ...bitcoin, amount: "200.00000001" }, { account: "rich" }),
      "EFunding:Invalid amount"
    )
    const first = withdraw(bitcoin, "60")
    withdraw(dollars, "6900000.0001")
    assert.deepStrictEqual(limits(), {
      maximum: "10000000.0000",
      remaining: "99999.9999",
      used: "9900000.0001"
    })
    assert.strictEqual(most(dollars), "99995.9999")
    assert.strictEqual(
      v.refused("Withdraw", { ...dollars, amount: "100000" }, { account: "rich" }),
      "EFunding:Invalid amount"
    )
    // A withdrawal that is called back has not left.
    v.ok("WithdrawCancel", { asset: "XBT", refid: first }, "rich")
    assert.strictEqual(most(dollars), "2099995.9999")
    v.wait(86_400)
    assert.deepInclude(limits(), { used: "0.0000" })
    withdraw(bitcoin, "200")
    assert.strictEqual(most(dollars), "0.0000")
  })

  it("refuses what Kraken refuses", () => {
    const v = makeTestExchange()
    const request = { asset: "XBT", key: "btc-wallet-1", amount: "1" }
    const cases: ReadonlyArray<readonly [object, string]> = [
      [{ asset: "ZZZ" }, "EFunding:Unknown asset"],
      [{ key: "nobody" }, "EFunding:Unknown withdraw key"],
      [{ asset: "ETH", key: "eth-wallet-1" }, "EFunding:Unknown withdraw key"],
      [{ address: "bc1qother" }, "EFunding:Invalid withdrawal address"],
      [{ max_fee: "0.00001" }, "EFunding:Max fee exceeded"],
      [{ max_fee: "0" }, "EFunding:Max fee exceeded"],
      [{ max_fee: "-1" }, "EGeneral:Invalid arguments:max_fee"],
      [{ max_fee: "much" }, "EGeneral:Invalid arguments:max_fee"],
      [{ amount: "0.0002" }, "EFunding:Invalid amount"],
      [{ amount: "0" }, "EFunding:Invalid amount"],
      [{ amount: "-1" }, "EFunding:Invalid amount"],
      [{ amount: "all" }, "EFunding:Invalid amount"],
      [{ amount: "1.00000000001" }, "EFunding:Invalid amount"],
      [{ amount: null }, "EGeneral:Invalid arguments:amount"],
      [{ key: null }, "EGeneral:Invalid arguments:key"],
      [{ amount: "11" }, "EFunding:Insufficient funds"]
    ]
    for (const [change, error] of cases) assert.strictEqual(v.refused("Withdraw", { ...request, ...change }), error)
  })

  it("moves money to the futures wallet and between the account and its subaccounts", () => {
    const v = makeTestExchange()
    v.ok("WalletTransfer", { asset: "XBT", from: "Spot Wallet", to: "Futures Wallet", amount: "1" })
    assert.isTrue(v.ok("CreateSubaccount", { username: "desk", email: "desk@example.com" }))
    const [main, desk] = v.ok("ListWalletAccounts").accounts
    const transfer = { asset: "XBT", amount: "2", from: main.account_id, to: desk.account_id }
    assert.strictEqual(v.ok("AccountTransfer", transfer).status, "complete")
    assert.strictEqual(v.ok("Balance").XXBT, "7.0000000000")
    assert.strictEqual(v.ok("Balance", {}, "desk").XXBT, "2.0000000000")
    assert.strictEqual(v.refused("AccountTransfer", transfer, { account: "desk" }), "EGeneral:Permission denied")
  })
})

describe("a tokenised asset", () => {
  const aclass = "tokenized_asset"
  const params = { asset: "AAPLx", key: "xstocks-wallet-1", amount: "2" }

  it("is withdrawn if its class is named", () => {
    const v = makeTestExchange({ market: syntheticMarket() })
    v.ok("control/Deposit", { account: "ann", asset: "AAPLx", amount: "5", at_once: true })
    assert.deepStrictEqual(
      v.ok("WithdrawMethods", { aclass }).map(({ asset }: { asset: string }) => asset),
      ["AAPLx"]
    )
    assert.deepInclude(v.ok("WithdrawAddresses", { aclass })[0], { key: "xstocks-wallet-1", verified: true })
    assert.strictEqual(v.refused("Withdraw", params), "EFunding:Unknown asset")
    assert.deepInclude(v.ok("WithdrawInfo", { ...params, aclass }), { amount: "1.99800000", fee: "0.00200000" })
    const { refid } = v.ok("Withdraw", { ...params, aclass })
    assert.deepInclude(v.ok("WithdrawStatus", { aclass })[0], { refid, aclass, asset: "AAPLx", status: "Initial" })
    assert.isTrue(v.ok("WithdrawCancel", { asset: "AAPLx", aclass, refid }))
    assert.deepInclude(v.ok("Balance"), { AAPLx: "5.00000000" })
  })

  it("has no funding method for commands under the first rules", () => {
    const v = makeTestExchange({ market: syntheticMarket(), settings: { rules: 1 } })
    const sum = { account: "ann", asset: "AAPLx", amount: "5" }
    assert.strictEqual(v.refused("control/Deposit", sum), "EFunding:No funding method")
    v.ok("control/Deposit", { ...sum, or_adjust: true })
    assert.strictEqual(v.refused("Withdraw", { ...params, aclass }), "EFunding:No funding method")
  })
})
