import { assert, describe, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import { strFromU8, unzipSync } from "fflate"
import { allPermissions } from "../../src/exchange/permissions.ts"
import { type Json, venue } from "./TestVenue.ts"

describe("deposits and withdrawals", () => {
  it("a deposit arrives after three minutes", () => {
    const v = venue()
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

  it("deposits are listed newest first, also those that arrive at once", () => {
    const v = venue()
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
    // What is later than `start`, up to `end`.
    const [, { time }] = list()
    assert.deepStrictEqual(
      list({ start: time - 1, end: time }).map(({ refid }: Json) => refid),
      [second]
    )
    assert.deepStrictEqual(list({ start: time, end: time }), [])
    assert.deepStrictEqual(list({ method: "Bitcoin" }), [])
    assert.strictEqual(v.refused("DepositStatus", { start: "noon" }), "EGeneral:Invalid arguments:start")
  })

  it("a withdrawal leaves at once and can be called back until it is on its way", () => {
    const v = venue()
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

  it("what was withdrawn comes back once, with its fee, and only to a key that may withdraw", () => {
    const v = venue()
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

  it("a transfer to the futures wallet is done at once, which any key is told", () => {
    const v = venue()
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

  it("no more than ten million dollars a day leave, at the prices of then", () => {
    const v = venue()
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
    // What is called back has not left.
    v.ok("WithdrawCancel", { asset: "XBT", refid: first }, "rich")
    assert.strictEqual(most(dollars), "2099995.9999")
    v.wait(86_400)
    assert.deepInclude(limits(), { used: "0.0000" })
    withdraw(bitcoin, "200")
    assert.strictEqual(most(dollars), "0.0000")
  })

  it("refuses what Kraken refuses", () => {
    const v = venue()
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

  it("a class of assets is asked for by its name", () => {
    const v = venue()
    const of = (aclass?: string) => ({ asset: "AAPLx", ...(aclass && { aclass }) })
    assert.strictEqual(v.refused("DepositMethods", of()), "EFunding:Unknown asset")
    assert.strictEqual(v.refused("DepositMethods", of("tokenized_asset")), "EFunding:No funding method")
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
      assert.deepStrictEqual(v.ok(name, { aclass: "tokenized_asset" }), [], name)
      assert.isAbove(v.ok(name).length, 1, name)
    }
    const transfer = { asset: "XBT", amount: "1", asset_class: "tokenized_asset", from: "x", to: "y" }
    assert.strictEqual(v.refused("AccountTransfer", transfer), "EQuery:Unknown asset")
  })

  it("counts tokenised assets in one of two ways", () => {
    const v = venue()
    for (const rebase_multiplier of ["rebased", "base"]) v.ok("Balance", { rebase_multiplier })
    const wrong = "EGeneral:Invalid arguments:rebase_multiplier"
    assert.strictEqual(v.refused("DepositStatus", { rebase_multiplier: "split" }), wrong)
  })

  it("makes up to five unused addresses, with a tag where one is needed", () => {
    const v = venue()
    const request = { asset: "XRP", method: "Ripple XRP", new: true }
    const made = Array.from({ length: 5 }, () => v.ok("DepositAddresses", request)).at(-1)
    assert.lengthOf(made, 5)
    assert.match(made[0].tag, /^\d{10}$/)
    assert.strictEqual(v.refused("DepositAddresses", request), "EFunding:Too many addresses")
  })

  it("an address of Lightning is an invoice: for an amount, for an hour", () => {
    const v = venue()
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
    // Those that have run out count no more.
    const made = Array.from({ length: 5 }, () => v.ok("DepositAddresses", { ...lightning, new: true, amount: "0.1" }))
    assert.lengthOf(made.at(-1), 5)
  })

  it("an address is new until it has been used", () => {
    const v = venue()
    const bitcoin = { asset: "XBT", method: "Bitcoin" }
    const [used, fresh] = v.ok("DepositAddresses", { ...bitcoin, new: true })
    assert.notProperty(used, "new")
    assert.deepInclude(fresh, { new: true, expiretm: "0" })
    const noKey = { key: { id: "k", name: "k", permissions: ["query-funds"] } }
    assert.strictEqual(v.refused("DepositAddresses", { ...bitcoin, new: true }, noKey), "EGeneral:Permission denied")
    assert.strictEqual(v.refused("DepositAddresses", { ...bitcoin, method: "Cash" }), "EFunding:No funding method")
  })

  it("pages with a cursor, in another shape", () => {
    const v = venue()
    for (let i = 0; i < 3; i++) v.ok("control/Deposit", { account: "ann", asset: "ETH", amount: "1" })
    const first = v.ok("DepositStatus", { asset: "ETH", cursor: true, limit: 2 })
    assert.lengthOf(first.deposit, 2)
    // What comes in meanwhile moves no page.
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

  it("moves money to the futures wallet and between the account and its subaccounts", () => {
    const v = venue()
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

describe("earn", () => {
  const bonded = { strategy_id: "ESRFUO3-Q62XD-WIOIL7" }

  it("an allocation is pending, then earning; taking it out of a bonded strategy takes 28 days", () => {
    const v = venue()
    v.open("dot", { DOT: "20" })
    const balance = () => v.ok("Balance", {}, "dot")
    assert.isTrue(v.ok("Earn/Allocate", { ...bonded, amount: "15" }, "dot"))
    assert.deepStrictEqual(v.ok("Earn/AllocateStatus", bonded, "dot"), { pending: true })
    assert.strictEqual(
      v.refused("Earn/Allocate", { ...bonded, amount: "1" }, { account: "dot" }),
      "EEarnings:Busy:Another (de)allocation for the same strategy is in progress"
    )
    v.wait(10)
    assert.deepStrictEqual(v.ok("Earn/AllocateStatus", bonded, "dot"), { pending: false })
    assert.deepStrictEqual(balance(), { DOT: "5.0000000000", "DOT.B": "15.0000000000" })
    v.ok("Earn/Deallocate", { ...bonded, amount: "4" }, "dot")
    v.wait(10)
    const { items } = v.ok("Earn/Allocations", { hide_zero_allocations: true }, "dot")
    assert.strictEqual(items[0].amount_allocated.unbonding.native, "4.0000000000")
    v.wait(28 * 86_400)
    assert.deepStrictEqual(balance(), { DOT: "9.0000000000", "DOT.B": "11.0713653328" })
  })

  it("what is allocated earns, and each week's reward is allocated too", () => {
    const v = venue()
    v.open("dot", { DOT: "1000" })
    const shown = () => v.ok("Earn/Allocations", { hide_zero_allocations: true, converted_asset: "DOT" }, "dot")
    // A week of Unix time begins on a Thursday; the 21st of September 2026 is a Monday.
    const monday = Date.UTC(2026, 8, 21, 9) / 1000
    v.ok("Earn/Allocate", { ...bonded, amount: "730" }, "dot")
    assert.strictEqual(shown().items[0].payout.estimated_reward.native, "0.0000000000", "while it is pending")
    v.wait(10)
    v.wait(36.5 * 3600)
    // 10 % a year, the middle of 8 and 12: 0.2 a day for 730.
    const { payout, total_rewarded } = shown().items[0]
    assert.deepStrictEqual(payout, {
      period_start: "2026-09-17T00:00:00Z",
      period_end: "2026-09-24T00:00:00Z",
      accumulated_reward: { native: "0.3041666666", converted: "0.3041666666" },
      estimated_reward: { native: "0.5249768518", converted: "0.5249768518" }
    })
    assert.strictEqual(total_rewarded.native, "0.0000000000")
    v.wait(Date.UTC(2026, 8, 24) / 1000 - monday - 10 - 36.5 * 3600)
    assert.strictEqual(shown().total_rewarded, "0.5249768518")
    assert.strictEqual(shown().total_allocated, "730.5249768518")
    assert.strictEqual(v.ok("Balance", {}, "dot")["DOT.B"], "730.5249768518")
    const [entry] = Object.values(v.ok("Ledgers", { type: "staking" }, "dot").ledger)
    assert.deepInclude(entry, { asset: "DOT.B", amount: "0.5249768518", fee: "0.0000000000" })

    // What is taken out earns no more, what stays does; and then there is nothing left to earn.
    v.ok("Earn/Deallocate", { ...bonded, amount: "730.5249768518" }, "dot")
    v.wait(3 * 7 * 86_400)
    assert.strictEqual(shown().items[0].amount_allocated.unbonding.native, "730.5249768518")
    assert.strictEqual(shown().total_rewarded, "0.5249768518")
    v.wait(2 * 7 * 86_400)
    assert.deepStrictEqual(shown().items, [])
    assert.deepStrictEqual(v.ok("Balance", {}, "dot"), { DOT: "1000.5249768518", "DOT.B": "0.0000000000" })
    assert.isTrue(v.x.timers.isEmpty)
  })

  it("a reward does not depend on how often somebody looks", () => {
    const rewarded = (looks: number) => {
      const v = venue()
      v.open("eth", { ETH: "7.0000000003" })
      v.ok("Earn/Allocate", { strategy_id: "ESDQCOL-WTZEU-NU55QF", amount: "7.0000000003" }, "eth")
      for (let i = 0; i < looks; i++) v.wait((30 * 86_400) / looks)
      return v.ok("Balance", {}, "eth")["XETH.B"]
    }
    assert.strictEqual(rewarded(30), rewarded(1))
    assert.isAbove(Number(rewarded(1)), 7.01)
  })

  it("a failed operation is told, and told again by its status", () => {
    const v = venue()
    const below = "EEarnings:Below min:(De)allocation operation amount less than minimum"
    assert.strictEqual(v.refused("Earn/Allocate", { ...bonded, amount: "0.001" }), below)
    assert.strictEqual(v.refused("Earn/AllocateStatus", bonded), below)
    assert.include(v.refused("Earn/Allocate", { ...bonded, amount: "1" }), "EEarnings:Insufficient funds")
    assert.strictEqual(
      v.refused("Earn/Allocate", { strategy_id: "ESXXXXX", amount: "1" }),
      "EGeneral:Invalid arguments:Invalid strategy ID"
    )
  })

  it("has a strategy of each kind of lock", () => {
    const { items } = venue().ok("Earn/Strategies")
    const locks = items.map((item: { lock_type: { type: string } }) => item.lock_type.type)
    assert.sameMembers(locks, ["bonded", "flex", "instant", "timed"])
  })
})

describe("exports", () => {
  it("are queued, processed, and then a ZIP of what had happened when they were asked for", () => {
    const v = venue()
    v.order("buy 1.5 market")
    v.wait(1)
    const { id } = v.ok("AddExport", { report: "trades", description: "mine" })
    v.wait(1)
    v.order("buy 0.1 market")
    const statuses = [0, 2, 3].map((seconds) => {
      v.wait(seconds)
      return v.ok("ExportStatus", { report: "trades" })[0].status
    })
    assert.deepStrictEqual(statuses, ["Queued", "Processing", "Processed"])
    const files = unzipSync(v.ok("RetrieveExport", { id }))
    const rows: Array<Record<string, string>> = parse(strFromU8(files["trades.csv"]!), { columns: true })
    assert.deepStrictEqual(
      rows.map(({ pair, price, vol }) => [pair, price, vol]),
      [
        ["XXBTZUSD", "50010.00000", "1.00000000"],
        ["XXBTZUSD", "50020.00000", "0.50000000"]
      ]
    )
    assert.deepStrictEqual(v.ok("RemoveExport", { id, type: "delete" }), { delete: true })
    assert.strictEqual(v.refused("RetrieveExport", { id }), "EGeneral:Invalid arguments:id")
  })

  it("are written as Kraken writes them: words in quotation marks, numbers without", () => {
    const v = venue()
    const txid = v.order("sell 0.5 market")
    v.ok("control/Deposit", { account: "ann", asset: "DOT", amount: "20", at_once: true })
    v.ok("Earn/Allocate", { strategy_id: "ESRFUO3-Q62XD-WIOIL7", amount: "15" })
    v.wait(1)
    const [trades, ledgers] = ["trades", "ledgers"].map(
      (report) => v.ok("AddExport", { report, description: 'to "all"' }).id
    )
    v.wait(5)
    const lines = (id: string, name: string) => strFromU8(unzipSync(v.ok("RetrieveExport", { id }))[name]!).split("\n")
    const [trade] = v.x.accounts.values().next().value!.trades
    assert.deepStrictEqual(lines(trades!, "trades.csv"), [
      '"txid","ordertxid","pair","time","type","ordertype","price","cost","fee","vol","margin","misc","ledgers"',
      `"${trade!.id}","${txid}","XXBTZUSD","2026-09-21 09:00:00.0000","sell","market",` +
        `49990.00000,24995.00000,99.98000,0.50000000,0.00000,"","${trade!.ledgers.join(",")}"`,
      ""
    ])
    const written = lines(ledgers!, "ledgers.csv")
    assert.strictEqual(
      written[0],
      '"txid","refid","time","type","subtype","aclass","asset","wallet","amount","fee","balance"'
    )
    // What was deposited twice, what the trade moved, the Polkadot that came, and where it went.
    assert.deepStrictEqual(
      written.slice(1, -1).map((line) => line.split(",").slice(2).join()),
      [
        '"2026-09-21 09:00:00","deposit","","currency","ZUSD","spot / main",100000.0000,0.0000,100000.0000',
        '"2026-09-21 09:00:00","deposit","","currency","XXBT","spot / main",10.0000000000,0.0000000000,10.0000000000',
        '"2026-09-21 09:00:00","trade","","currency","ZUSD","spot / main",24995.0000,99.9800,124895.0200',
        '"2026-09-21 09:00:00","trade","","currency","XXBT","spot / main",-0.5000000000,0.0000000000,9.5000000000',
        '"2026-09-21 09:00:00","deposit","","currency","DOT","spot / main",20.0000000000,0.0000000000,20.0000000000',
        '"2026-09-21 09:00:00","transfer","spottostaking","currency","DOT","spot / main",-15.0000000000,0.0000000000,5.0000000000',
        '"2026-09-21 09:00:00","transfer","stakingfromspot","currency","DOT.B","earn / bonded",15.0000000000,0.0000000000,15.0000000000'
      ]
    )
  })

  it("hold no more of the history than the key may see, which no id gets around either", () => {
    const v = venue()
    v.wait(100)
    v.order("sell 0.5 market")
    v.wait(100)
    const now = v.x.now / 1000
    const key = { id: "k", name: "k", permissions: allPermissions, queryFrom: now - 150, queryTo: now - 50 }
    const ask = (name: string, params: object): Json => {
      const answer = v.ask(name, params, { key })
      return "errors" in answer ? assert.fail(answer.errors.join()) : answer.result
    }
    const { id } = ask("AddExport", { report: "ledgers", description: "mine", starttm: now - 1000, endtm: now })
    v.wait(5)
    assert.deepInclude(ask("ExportStatus", { report: "ledgers" })[0], {
      datastarttm: String(now - 150),
      dataendtm: String(now - 50)
    })
    const rows: Array<Record<string, string>> = parse(
      strFromU8(unzipSync(ask("RetrieveExport", { id }))["ledgers.csv"]!),
      {
        columns: true
      }
    )
    assert.deepStrictEqual(
      rows.map(({ type }) => type),
      ["trade", "trade"]
    )
    const [deposit] = Object.keys(v.ok("Ledgers", { type: "deposit" }).ledger)
    assert.strictEqual(v.refused("QueryLedgers", { id: deposit }, { key }), "EGeneral:Invalid arguments:id")
    const [trade] = Object.keys(v.ok("TradesHistory").trades)
    ask("QueryTrades", { txid: trade })
    assert.strictEqual(
      v.refused("QueryTrades", { txid: trade }, { key: { ...key, queryTo: now - 120 } }),
      "EOrder:Unknown order"
    )
  })

  it("are kept for two weeks, and go by delete once they are done, by cancel before", () => {
    const v = venue()
    const request = () => v.ok("AddExport", { report: "trades", description: "x" }).id
    const listed = () => v.ok("ExportStatus", { report: "trades" }).map(({ id }: Json) => id)
    const [first, second, third] = [request(), request(), request()]
    assert.deepStrictEqual(listed(), [third, second, first])
    const wrong = "EGeneral:Invalid arguments:type"
    assert.strictEqual(v.refused("RemoveExport", { id: first, type: "delete" }), wrong)
    assert.deepStrictEqual(v.ok("RemoveExport", { id: first, type: "cancel" }), { cancel: true })
    v.wait(5)
    assert.strictEqual(v.refused("RemoveExport", { id: second, type: "cancel" }), wrong)
    assert.strictEqual(v.refused("RemoveExport", { id: second, type: "burn" }), wrong)
    assert.deepStrictEqual(v.ok("RemoveExport", { id: second, type: "delete" }), { delete: true })
    assert.deepStrictEqual(listed(), [third])
    v.wait(14 * 86_400 - 6)
    assert.deepStrictEqual(listed(), [third])
    v.wait(1)
    assert.deepStrictEqual(listed(), [])
    assert.strictEqual(v.refused("RetrieveExport", { id: third }), "EGeneral:Invalid arguments:id")
    for (const [change, field] of [
      [{ report: null }, "report"],
      [{ report: "orders" }, "report"],
      [{ description: null }, "description"],
      [{ format: "PDF" }, "format"],
      [{ fields: "wallet" }, "fields"],
      [{ starttm: "June" }, "starttm"]
    ] as const) {
      const asked = { report: "trades", description: "x", ...change }
      assert.strictEqual(v.refused("AddExport", asked), `EGeneral:Invalid arguments:${field}`)
    }
  })

  it("of ledgers with some fields, as TSV; not before they are done", () => {
    const v = venue()
    const { id } = v.ok("AddExport", { report: "ledgers", description: "x", format: "TSV", fields: "asset,amount" })
    assert.strictEqual(v.refused("RetrieveExport", { id }), "EGeneral:Invalid arguments:id")
    v.wait(5)
    const text = strFromU8(unzipSync(v.ok("RetrieveExport", { id }))["ledgers.tsv"]!)
    const [head, first] = text.split("\n").map((line) => line.split("\t"))
    assert.deepStrictEqual(head, ["txid", "asset", "amount"])
    assert.deepStrictEqual(first!.slice(1), ["ZUSD", "100000.0000"])
  })
})
