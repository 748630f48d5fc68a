import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { bundle } from "../../Bundle.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"

/** Gives a program a terminal of its own. It is part of every Linux, with other arguments elsewhere. */
const hasTerminals = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0

/** Runs a command on a terminal, and types one line after each prompt. Returns all that the terminal showed. */
const onTerminal = (folder: string, words: string, lines: ReadonlyArray<string>) =>
  Effect.async<{ readonly code: number | null; readonly shown: string }>((resume) => {
    const child = spawn("script", ["-qec", `"${process.execPath}" "${bundle()}" ${words}`, "/dev/null"], {
      cwd: folder,
      env: { ...process.env, HOME: folder }
    })
    const left = [...lines]
    let shown = ""
    let seen = 0
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      shown += text
      if (!shown.slice(seen).endsWith(": ")) return
      seen = shown.length
      const line = left.shift()
      if (line !== undefined) child.stdin.write(`${line}\r`)
    })
    child.once("close", (code) => resume(Effect.succeed({ code, shown })))
  })

describe.skipIf(!hasTerminals)("a passphrase on a terminal", () => {
  it.scopedLive("has to be typed twice, and is not shown", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const [right, other] = ["correct horse battery", "correct horse butter!"]
      for (const lines of [["short"], [right, other], ["\u0003"], [""]]) {
        const { code } = yield* onTerminal(folder, "operator init", lines)
        assert.strictEqual(code, 1, lines.join())
      }
      // A letter that was typed wrong can be taken back.
      const set = yield* onTerminal(folder, "operator init", [`x\u007f${right}`, right])
      assert.strictEqual(set.code, 0)
      assert.notInclude(set.shown, right)
      assert.strictEqual((yield* onTerminal(folder, "token create one", [other])).code, 1)
      const made = yield* onTerminal(folder, "token create one", [right])
      assert.strictEqual(made.code, 0)
      assert.notInclude(made.shown, right)
    })
  )
})
