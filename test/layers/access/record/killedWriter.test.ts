import { assert, describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import { spawn } from "node:child_process"
import { join } from "node:path"
import process from "node:process"
import { parseReceipt } from "../../../../src/layers/access/record/chain.ts"
import { layout } from "../../../../src/layers/access/record/layout.ts"
import { recordFile } from "../../../../src/layers/access/record/recordFile.ts"
import { verify } from "../../../../src/layers/access/record/verify.ts"
import { all } from "../../../../src/layers/storage/steps.ts"
import { openImmediateDatabase } from "../../../../src/layers/storage/immediateDatabase.ts"
import { runs } from "../../../Property.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"

const root = join(import.meta.dirname, "..", "..", "..", "..")
const loader = join(root, "scripts", "typescript.mjs")
const program = join(import.meta.dirname, "killedWriter.ts")

/** Runs a process that writes, kills it at a random moment after its first write, and returns what it printed. */
const writeUntilKilled = (folder: string, name: string, millis: number) =>
  Effect.async<string>((resume) => {
    const child = spawn(process.execPath, ["--import", loader, program, folder, name], { cwd: root })
    let printed = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (printed === "") setTimeout(() => child.kill("SIGKILL"), millis)
      printed += text
    })
    child.stderr.pipe(process.stderr)
    child.once("close", () => resume(Effect.succeed(printed)))
  })

describe("processes that are killed while they write", () => {
  it.scopedLive(
    "lose nothing that was recorded, and leave an intact record",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const rounds = Array.from({ length: runs(2) }, (_, i) => i)
        const printed = yield* Effect.forEach(rounds, (round) =>
          Effect.forEach(
            ["one", "two"],
            (name) =>
              Effect.flatMap(Random.nextIntBetween(0, 300), (millis) =>
                writeUntilKilled(folder, `${name} ${round}`, millis)
              ),
            { concurrency: 2 }
          )
        )
        // The last line might be cut off.
        const lines = printed.flat().flatMap((text) => text.split("\n").slice(0, -1))
        const receipts = lines.flatMap((line) => {
          const [, receipt] = /^ended \d+ (.*)$/.exec(line) ?? []
          return receipt === undefined ? [] : [parseReceipt(receipt) ?? assert.fail(line)]
        })
        assert.isNotEmpty(receipts)
        const db = yield* openImmediateDatabase({ file: join(folder, recordFile), layout })
        assert.deepStrictEqual((yield* db.read(() => verify(receipts))).findings, [])
        const bodies = yield* db.read(() =>
          all<{ readonly seq: number; readonly body: string }>("SELECT seq, body FROM events")
        )
        const bodyAt = new Map(bodies.map(({ body, seq }) => [String(seq), body]))
        for (const line of lines) {
          const [, seq, id] = /^begun (\d+) (.*)$/.exec(line) ?? []
          if (seq !== undefined) assert.include(bodyAt.get(seq), `"request":{"id":"${id}"}`)
        }
      }),
    120_000
  )
})
