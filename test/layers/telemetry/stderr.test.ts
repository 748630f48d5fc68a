import { assert, describe, it } from "vitest"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const path = (relative: string) => fileURLToPath(new URL(`../../../${relative}`, import.meta.url))

/** Returns the stderr of a process that runs `body`. */
const stderrOf = (body: string): string => {
  const program = `import { toStderr } from ${JSON.stringify(path("src/layers/telemetry/stderr.ts"))}; ${body}`
  const args = ["--import", path("scripts/typescript.mjs"), "--input-type=module", "--eval", program]
  return spawnSync(process.execPath, args, { encoding: "utf8" }).stderr
}

describe("toStderr", () => {
  it("has written all lines, in order, when the process ends by itself", () => {
    assert.strictEqual(stderrOf(`toStderr("one", false); toStderr("two", false)`), "one\ntwo\n")
  })

  it.each(["process.exit(3)", "throw new Error()", "await Promise.reject(new Error())"])(
    "has written all lines when the process ends by %s",
    (end) => {
      assert.match(stderrOf(`toStderr("last", false); ${end}`), /^last$/m)
    }
  )

  it("does not wait with an urgent line, nor with those before it", () => {
    const log = `toStderr("before", false); toStderr("bad", true); toStderr("after", false)`
    assert.strictEqual(stderrOf(`${log}; process.kill(process.pid, "SIGKILL")`), "before\nbad\n")
  })
})
