// An agent's session in paper mode, from finding a pair to the cost of the trade: `npm run demo`. The client is the
// SDK's own, the server is the built one, and its account is deleted at the end.
import { Effect } from "effect"
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { argv, stdout } from "node:process"
import { fileURLToPath } from "node:url"
import { session } from "./demo/session.ts"
import { connect } from "./demo/connect.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "mcp-kraken-demo-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Runs the session against a built server and prints each step. */
export const demo = (entry: string, say: (line: string) => void) =>
  Effect.gen(function* () {
    const call = yield* connect(entry, yield* folder)
    yield* session(call, say)
  }).pipe(Effect.scoped)

if (realpathSync(argv[1] ?? "") === fileURLToPath(import.meta.url)) {
  await Effect.runPromise(demo("dist/main.mjs", (line) => stdout.write(`${line}\n`)))
}
