import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { demo, guardedDemo } from "../../scripts/demo.ts"
import { terminalSvg } from "../../scripts/demo/terminalSvg.ts"
import { images, textOf, wordsOf } from "../../scripts/images/drawnFrom.ts"
import { bundle } from "../Bundle.ts"

it.live("the demonstration buys, amends, cancels, and ends in a table of what it cost", () =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    yield* demo(bundle(), (line) => lines.push(line))
    const told = lines.join("\n")
    for (const step of [
      "get_trading_mode",
      "get_asset_pairs",
      "get_order_book",
      "add_order",
      "amend_order",
      "cancel_order"
    ])
      assert.include(told, `> ${step}`)
    assert.match(told, /^paper: paper account local, .*synthetic market/m)
    assert.match(told, /^it would be: buy 0\.02000000 XBTUSD @ market$/m)
    assert.match(told, /^canceled: 1$/m)
    const rows = (lines.at(-1) ?? "").split("\n")
    assert.match(rows[0] ?? "", /fees \d+\.\d+ USD, simulated$/)
    assert.deepStrictEqual(
      rows.slice(-2).map((row) => row.split(/\s{2,}/).slice(0, 2)),
      [
        ["USD", "10000"],
        ["BTC", "0"]
      ]
    )
    assert.match(rows.at(-1) ?? "", / 0\.02$/)
  })
)

it.live("the second one finds the lost order, gets an approval and a refusal, and ends in a stop", () =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    yield* guardedDemo(bundle(), (line) => lines.push(line))
    const told = lines.join("\n")
    const [placed, approved] = [/placed (O\S+):/, /happened: (O\S+)$/m].map((pattern) => pattern.exec(told)?.[1])
    assert.match(placed ?? "", /^O\w{5}-/)
    assert.match(approved ?? "", /^O\w{5}-/)
    assert.notStrictEqual(placed, approved)
    for (const error of ["ApprovalPending", "LimitReached"]) assert.include(told, error)
    assert.match(lines.at(-1) ?? "", /no order is open/)
    // The picture in the README (npm run images draws it).
    const picture = readFileSync(join(images, "session.svg"), "utf8")
    assert.strictEqual(wordsOf(textOf(picture)), wordsOf(textOf(terminalSvg("", lines))))
  })
)
