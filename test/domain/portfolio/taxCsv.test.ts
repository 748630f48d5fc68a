import { assert, describe, it } from "@effect/vitest"
import * as D from "../../../src/domain/numbers/decimal.ts"
import { taxCsv } from "../../../src/domain/portfolio/taxCsv.ts"

const d = D.decimal
const time = Date.UTC(2026, 2, 1) / 1000

describe("the CSV of a tax year", () => {
  it("has a row for each part of a lot, and leaves empty what is not known", () => {
    const csv = taxCsv(
      [
        {
          kind: "sale",
          asset: "BTC",
          amount: d("0.5"),
          acquired: time - 86_400,
          time,
          proceeds: d("30"),
          cost: d("20")
        },
        { kind: "sale", asset: "BTC", amount: d("1"), acquired: undefined, time, proceeds: d("60"), cost: undefined },
        { kind: "reward", asset: "DOT", amount: d("0.1"), acquired: time, time, proceeds: d("0.4"), cost: undefined },
        { kind: "reward", asset: "NEW", amount: d("2"), acquired: time, time, proceeds: undefined, cost: undefined },
        { kind: "fee", asset: "BTC", amount: d("0.01"), acquired: time, time, proceeds: d("0"), cost: d("0.6") }
      ],
      { currency: "USD", notes: ['a "note", with a comma'] }
    )
    assert.deepStrictEqual(csv.split("\r\n"), [
      "currency,kind,asset,amount,acquired,disposed,proceeds,cost,gain,note",
      ',note,,,,,,,,"a ""note"", with a comma"',
      "USD,sale,BTC,0.5,2026-02-28T00:00:00Z,2026-03-01T00:00:00Z,30,20,10,",
      "USD,sale,BTC,1,,2026-03-01T00:00:00Z,60,,,cost not known",
      "USD,reward,DOT,0.1,2026-03-01T00:00:00Z,,0.4,0,0.4,",
      "USD,reward,NEW,2,2026-03-01T00:00:00Z,,,0,,price then not known",
      "USD,fee,BTC,0.01,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,0,0.6,-0.6,",
      ""
    ])
  })

  it("has no cell that a spreadsheet runs as a formula, and numbers as they are", () => {
    const row = { kind: "sale", amount: d("-1"), acquired: time, time, proceeds: d("-2"), cost: d("0") } as const
    const assets = ["=1+1", "+A1", "-A1", "@SUM(A1)", '=HYPERLINK("x")']
    const csv = taxCsv(
      assets.map((asset) => ({ ...row, asset })),
      { currency: "USD", notes: ["=1", "\t=1"] }
    )
    const cells = csv.split("\r\n").map((line) => line.split(","))
    assert.deepStrictEqual(
      cells.slice(1, 3).map((line) => line[9]),
      ["'=1", "'\t=1"]
    )
    assert.deepStrictEqual(
      cells.slice(3, 8).map((line) => [line[2], line[3], line[6]]),
      ["'=1+1", "'+A1", "'-A1", "'@SUM(A1)", `"'=HYPERLINK(""x"")"`].map((asset) => [asset, "-1", "-2"])
    )
  })
})
