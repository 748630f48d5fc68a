import { Effect } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Makes a folder for a test, and removes it at the test's end. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "mcp-kraken-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)
