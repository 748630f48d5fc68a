// Draws the pictures in docs/images: `npm run images`. Those of pages need Chromium (`apt-get install chromium`, or CHROMIUM names
// one), that of `setup` needs the program `script` of util-linux. test/docs/Images.test.ts tells which ones are out of date.
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { folder, guardedDemo } from "./demo.ts"
import { terminalSvg } from "./demo/terminalSvg.ts"
import { approvalSource, drawApprovals } from "./images/approvals.ts"
import { chartSource, drawCharts } from "./images/charts.ts"
import { drawnFrom, hashOf, images } from "./images/drawnFrom.ts"
import { setupLines } from "./images/setup.ts"

const entry = join(import.meta.dirname, "../dist/main.mjs")

const write = (name: string, title: string, lines: ReadonlyArray<string>) =>
  Effect.sync(() => writeFileSync(join(images, name), terminalSvg(title, lines)))

await Effect.gen(function* () {
  const lines: Array<string> = []
  yield* guardedDemo(entry, (line) => lines.push(line))
  yield* write("session.svg", "A session of mcp-kraken in a terminal", lines)
  yield* write("setup.svg", "mcp-kraken setup in a terminal", yield* setupLines(entry, yield* folder))
  yield* drawCharts
  yield* drawApprovals
  const sources = { approvals: hashOf(yield* approvalSource), charts: hashOf(yield* chartSource) }
  writeFileSync(drawnFrom, `${JSON.stringify(sources, undefined, 2)}\n`)
}).pipe(Effect.scoped, Effect.runPromise)
