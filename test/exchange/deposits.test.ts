import { assert, describe, it } from "@effect/vitest"
import { type Json, makeTestExchange } from "../doubles/TestExchange.ts"

describe("deposits", () => {
  it("a deposit arrives after three minutes", () => {
    const v = makeTestExchange()
    v.ok("control/Deposit", { account: "ann", asset: "XBT", amount: "0.5" })
    const status = () => v.ok("DepositStatus", { asset: "XBT" })[0].status
    const seen = [0, 30, 90, 60].map((seconds) => {
      v.wait(seconds)
      return [status(), v.ok("Balance").XXBT]
    })
    assert.deepStrictEqual(seen, [
      ["Initial", "10.0000000000"],
      ["Pending", "10.0000000000"],
      ["Settled", "10.0000000000"],
      ["Success", "10.5000000000"]
    ])
  })

  it("deposits are listed newest first, including those that are credited immediately", () => {
    const v = makeTestExchange()
    const deposit = (amount: string, more = {}) =>
      v.ok("control/Deposit", { account: "ann", asset: "SOL", amount, ...more }).refid
    const first = deposit("1")
    v.wait(10)
    const second = deposit("2", { at_once: true })
    v.wait(10)
    const third = deposit("3")
    const list = (more = {}) => v.ok("DepositStatus", { asset: "SOL", ...more })
    assert.deepStrictEqual(
      list().map(({ refid, status }: Json) => [refid, status]),
      [
        [third, "Initial"],
        [second, "Success"],
        [first, "Initial"]
      ]
    )
    assert.deepStrictEqual(v.ok("Balance").SOL, "2.0000000000")
    // Deposits later than `start`, up to `end`.
    const [, { time }] = list()
    assert.deepStrictEqual(
      list({ start: time - 1, end: time }).map(({ refid }: Json) => refid),
      [second]
    )
    assert.deepStrictEqual(list({ start: time, end: time }), [])
    assert.deepStrictEqual(list({ method: "Bitcoin" }), [])
    assert.strictEqual(v.refused("DepositStatus", { start: "noon" }), "EGeneral:Invalid arguments:start")
  })

  it("assets of another class need the name of the class", () => {
    const v = makeTestExchange()
    const of = (aclass?: string) => ({ asset: "AAPLx", ...(aclass && { aclass }) })
    assert.strictEqual(v.refused("DepositMethods", of()), "EFunding:Unknown asset")
    assert.lengthOf(v.ok("DepositMethods", of("tokenized_asset")), 1)
    const wrong = { asset: "XBT", aclass: "tokenized_asset", key: "btc-wallet-1", amount: "1", method: "Bitcoin" }
    for (const name of [
      "DepositMethods",
      "DepositAddresses",
      "DepositStatus",
      "WithdrawMethods",
      "WithdrawAddresses"
    ]) {
      assert.strictEqual(v.refused(name, wrong), "EFunding:Unknown asset", name)
      assert.strictEqual(v.refused(name, { ...wrong, aclass: "forex" }), "EGeneral:Invalid arguments:aclass", name)
    }
    for (const name of ["Withdraw", "WithdrawStatus"]) {
      assert.strictEqual(v.refused(name, wrong), "EFunding:Unknown asset", name)
    }
    for (const name of ["DepositStatus", "WithdrawMethods", "WithdrawAddresses"]) {
      const assetsOf = (params: object): ReadonlyArray<string> =>
        v.ok(name, params).map(({ asset }: { asset: string }) => asset)
      assert.deepStrictEqual(assetsOf({ aclass: "tokenized_asset" }), name === "DepositStatus" ? [] : ["AAPLx"], name)
      assert.isAbove(assetsOf({}).length, 1, name)
      assert.notInclude(assetsOf({}), "AAPLx", name)
    }
    const transfer = { asset: "XBT", amount: "1", asset_class: "tokenized_asset", from: "x", to: "y" }
    assert.strictEqual(v.refused("AccountTransfer", transfer), "EQuery:Unknown asset")
  })

  it("accepts both values of rebase_multiplier for tokenised assets", () => {
    const v = makeTestExchange()
    for (const rebase_multiplier of ["rebased", "base"]) v.ok("Balance", { rebase_multiplier })
    const wrong = "EGeneral:Invalid arguments:rebase_multiplier"
    assert.strictEqual(v.refused("DepositStatus", { rebase_multiplier: "split" }), wrong)
  })

  it("makes up to five unused addresses, with a tag if the method needs one", () => {
    const v = makeTestExchange()
    const request = { asset: "XRP", method: "Ripple XRP", new: true }
    const made = Array.from({ length: 5 }, () => v.ok("DepositAddresses", request)).at(-1)
    assert.lengthOf(made, 5)
    assert.match(made[0].tag, /^\d{10}$/)
    assert.strictEqual(v.refused("DepositAddresses", request), "EFunding:Too many addresses")
  })

  it("a Lightning address is an invoice for one amount, valid for an hour", () => {
    const v = makeTestExchange()
    const lightning = { asset: "XBT", method: "Bitcoin Lightning" }
    const [, method] = v.ok("DepositMethods", { asset: "XBT" })
    assert.deepInclude(method, { method: lightning.method, limit: "0.1000000000" })
    assert.strictEqual(v.refused("DepositAddresses", { ...lightning, new: true }), "EGeneral:Invalid arguments:amount")
    for (const amount of ["0.11", "0.000000001", "some"]) {
      assert.strictEqual(v.refused("DepositAddresses", { ...lightning, new: true, amount }), "EFunding:Invalid amount")
    }
    const [invoice] = v.ok("DepositAddresses", { ...lightning, new: true, amount: "0.1" })
    assert.deepInclude(invoice, { new: true, expiretm: String(Math.floor(v.x.now / 1000) + 3600) })
    v.wait(3599)
    assert.deepStrictEqual(v.ok("DepositAddresses", lightning), [invoice])
    v.wait(1)
    assert.deepStrictEqual(v.ok("DepositAddresses", lightning), [])
    // Expired addresses no longer count.
    const made = Array.from({ length: 5 }, () => v.ok("DepositAddresses", { ...lightning, new: true, amount: "0.1" }))
    assert.lengthOf(made.at(-1), 5)
  })

  it("an address is new until it has been used", () => {
    const v = makeTestExchange()
    const bitcoin = { asset: "XBT", method: "Bitcoin" }
    const [used, fresh] = v.ok("DepositAddresses", { ...bitcoin, new: true })
    assert.notProperty(used, "new")
    assert.deepInclude(fresh, { new: true, expiretm: "0" })
    const noKey = { key: { id: "k", name: "k", permissions: ["query-funds"] } }
    assert.strictEqual(v.refused("DepositAddresses", { ...bitcoin, new: true }, noKey), "EGeneral:Permission denied")
    assert.strictEqual(v.refused("DepositAddresses", { ...bitcoin, method: "Cash" }), "EFunding:No funding method")
  })

  it("has another shape when it is paged with a cursor", () => {
    const v = makeTestExchange()
    for (let i = 0; i < 3; i++) v.ok("control/Deposit", { account: "ann", asset: "ETH", amount: "1" })
    const first = v.ok("DepositStatus", { asset: "ETH", cursor: true, limit: 2 })
    assert.lengthOf(first.deposit, 2)
    // Deposits that arrive meanwhile do not shift the pages.
    v.ok("control/Deposit", { account: "ann", asset: "ETH", amount: "1" })
    const rest = v.ok("DepositStatus", { asset: "ETH", cursor: first.next_cursor, limit: 2 })
    assert.notInclude(
      first.deposit.map(({ refid }: Json) => refid),
      rest.deposit[0].refid
    )
    assert.strictEqual(v.refused("DepositStatus", { cursor: "elsewhere" }), "EGeneral:Invalid arguments:cursor")
    assert.lengthOf(rest.deposit, 1)
    assert.isNull(rest.next_cursor)
  })
})
