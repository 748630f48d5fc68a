import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { terminalSvg } from "../../scripts/demo/terminalSvg.ts"
import { approvalSource } from "../../scripts/images/approvals.ts"
import { chartSource } from "../../scripts/images/charts.ts"
import { drawnFrom, hashOf, images, textOf, wordsOf } from "../../scripts/images/drawnFrom.ts"
import { screenOf } from "../../scripts/images/screen.ts"
import { setupLines } from "../../scripts/images/setup.ts"
import { bundle } from "../Bundle.ts"
import { hasTerminals } from "../cli/onTerminal.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import { documents, read } from "./markdown.ts"

const files = readdirSync(images).filter((file) => file !== basename(drawnFrom))

/** The pictures in pages, by file, with the text for those who do not see them. */
const shown = documents.flatMap((document) =>
  Array.from(read(document).matchAll(/!\[([^\]]*)\]\((?:docs\/)?images\/([^)]+)\)/g), ([, alt = "", file = ""]) => ({
    alt,
    file
  }))
)

describe("pictures", () => {
  it("are each shown on a page, with a text in their place", () => {
    assert.deepStrictEqual([...new Set(shown.map(({ file }) => file))].toSorted(), files.toSorted())
    for (const { alt, file } of shown) assert.isAbove(alt.length, 10, file)
  })

  it.scopedLive("of pages show what the pages show today (npm run images draws them)", () =>
    Effect.gen(function* () {
      const sources = { approvals: hashOf(yield* approvalSource), charts: hashOf(yield* chartSource) }
      assert.deepStrictEqual(JSON.parse(readFileSync(drawnFrom, "utf8")), sources)
    })
  )

  it.scopedLive.skipIf(!hasTerminals)("of setup shows what it asks and says today (npm run images draws it)", () =>
    Effect.gen(function* () {
      const drawn = terminalSvg("", yield* setupLines(bundle(), yield* temporaryFolder))
      const kept = readFileSync(join(images, "setup.svg"), "utf8")
      assert.strictEqual(wordsOf(textOf(kept)), wordsOf(textOf(drawn)))
    })
  )
})

describe("a screen", () => {
  it("shows what is left after lines are erased and written again", () => {
    const escape = "\u001b["
    const output = `one\r\ntwo${escape}2K${escape}1A${escape}2K${escape}GONE\r\n${escape}32mthree${escape}39m${escape}3GXX`
    assert.deepStrictEqual(screenOf(output), ["ONE", "thXXe"])
  })
})
