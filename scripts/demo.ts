// Two sessions of an agent: `npm run demo`. The first trades on a simulated account, from finding a pair to the cost of the
// trade. The second has a budget on a simulated Kraken that loses an answer. The client is the SDK's own, the server is the
// built one, and its state is deleted at the end. `npm run images` draws the second for the README.
import { Effect } from "effect"
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { argv, stdout } from "node:process"
import { fileURLToPath } from "node:url"
import { connect } from "./demo/connect.ts"
import { guarded } from "./demo/guarded.ts"
import { session } from "./demo/session.ts"

/** A new folder, which is deleted with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "mcp-kraken-demo-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Runs the session on paper against a built server and prints each step. */
export const demo = (entry: string, say: (line: string) => void) =>
  Effect.gen(function* () {
    const call = yield* connect(entry, yield* folder)
    yield* session(call, say)
  }).pipe(Effect.scoped)

/** Runs the session with a budget against a built server and prints each step. */
export const guardedDemo = (entry: string, say: (line: string) => void) =>
  Effect.gen(function* () {
    yield* guarded(entry, yield* folder, say)
  }).pipe(Effect.scoped)

const built = "dist/main.mjs"

const print = (line: string) => stdout.write(`${line}\n`)

if (realpathSync(argv[1] ?? "") === fileURLToPath(import.meta.url)) {
  await Effect.runPromise(demo(built, print))
  print("")
  await Effect.runPromise(guardedDemo(built, print))
}
