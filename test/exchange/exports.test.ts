import { assert, describe, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import { strFromU8, unzipSync } from "fflate"
import { classicPermissions } from "../../src/domain/keys/permissions.ts"
import { type Json, makeTestExchange } from "../doubles/TestExchange.ts"

describe("exports", () => {
  it("are queued, processed, and then a ZIP of the history up to the request", () => {
    const v = makeTestExchange()
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
    const v = makeTestExchange()
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
    // Two deposits, the entries of the trade, the deposit of Polkadot, and its allocation.
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

  it("contain only the part of the history that the key may query, also when read by id", () => {
    const v = makeTestExchange()
    v.wait(100)
    v.order("sell 0.5 market")
    v.wait(100)
    const now = v.x.now / 1000
    const key = { id: "k", name: "k", permissions: classicPermissions, queryFrom: now - 150, queryTo: now - 50 }
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
      "EOrder:Invalid order"
    )
  })

  it("are kept for two weeks; delete removes finished ones, cancel removes unfinished ones", () => {
    const v = makeTestExchange()
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
    const v = makeTestExchange()
    const { id } = v.ok("AddExport", { report: "ledgers", description: "x", format: "TSV", fields: "asset,amount" })
    assert.strictEqual(v.refused("RetrieveExport", { id }), "EGeneral:Invalid arguments:id")
    v.wait(5)
    const text = strFromU8(unzipSync(v.ok("RetrieveExport", { id }))["ledgers.tsv"]!)
    const [head, first] = text.split("\n").map((line) => line.split("\t"))
    assert.deepStrictEqual(head, ["txid", "asset", "amount"])
    assert.deepStrictEqual(first!.slice(1), ["ZUSD", "100000.0000"])
  })
})
