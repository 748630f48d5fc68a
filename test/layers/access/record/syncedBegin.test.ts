import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { temporaryFolder } from "../../../temporaryFolder.ts"

/** Not every machine has strace, or permits it. */
const canTrace = spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0

describe.runIf(canTrace)("an intent", () => {
  it.scoped("is written to the log of the database and synced before begin returns", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const trace = join(folder, "trace")
      const root = join(import.meta.dirname, "..", "..", "..", "..")
      const program = join(import.meta.dirname, "syncedBegin.ts")
      const node = [
        process.execPath,
        "--import",
        join(root, "scripts", "typescript.mjs"),
        program,
        join(folder, "state")
      ]
      const calls = "trace=pwrite64,fdatasync,fsync,write"
      const { status, stderr } = spawnSync("strace", ["-f", "-y", "-e", calls, "-o", trace, ...node], {
        cwd: root,
        encoding: "utf8"
      })
      assert.strictEqual(status, 0, stderr)
      const lines = readFileSync(trace, "utf8").split("\n")
      const at = (text: string) => lines.findIndex((line) => line.includes(text))
      const [asked, begun] = [at('"asked\\n"'), at('"begun\\n"')]
      assert.isAbove(asked, 0)
      const between = lines.slice(asked, begun).filter((line) => line.includes("authority.db-wal>"))
      const written = between.findLastIndex((line) => line.includes("pwrite64("))
      const synced = between.findLastIndex((line) => /\bf(data)?sync\(.*= 0$/.test(line))
      assert.isAtLeast(written, 0)
      assert.isAbove(synced, written)
    })
  )
})
