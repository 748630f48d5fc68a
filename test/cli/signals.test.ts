import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { bundle } from "../Bundle.ts"
import { freePort } from "../freePort.ts"
import { temporaryFolder } from "../temporaryFolder.ts"

/** A server that a shell started, as npm does it. `output` completes when the server has ended, too. */
const startedByShell = (variables: Record<string, string>) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const port = yield* freePort
    // Without a second command, some shells would become the server.
    const command = `"${process.execPath}" "${bundle()}" serve --paper --market synthetic --host 127.0.0.1 --port ${port}; true`
    const env = { HOME: folder, PATH: process.env["PATH"] ?? "", ...variables }
    const shell = yield* Effect.acquireRelease(
      Effect.sync(() => spawn("sh", ["-c", command], { cwd: folder, env, detached: true })),
      ({ pid }) => Effect.sync(() => pid !== undefined && endGroup(pid))
    )
    const ended = once(shell.stderr, "close")
    let said = ""
    yield* Effect.async<void>((resume) => {
      shell.stderr.on("data", (chunk: Buffer) => {
        said += String(chunk)
        if (said.includes("serves")) resume(Effect.void)
      })
    })
    return { shell, url: `http://127.0.0.1:${port}/health`, ended: Effect.promise(() => ended) }
  })

const endGroup = (pid: number) => {
  try {
    process.kill(-pid, "SIGKILL")
  } catch {
    // All of its processes have ended.
  }
}

const status = (url: string) => Effect.promise(() => fetch(url).then(({ status }) => status))

describe("a signal that npm passes on to its shell only", () => {
  it.scopedLive.each([
    { npm_lifecycle_event: "start", npm_package_name: "mcp-kraken" },
    { npm_lifecycle_event: "npx" }
  ])("stops the server of %o", (variables) =>
    Effect.gen(function* () {
      const { ended, shell, url } = yield* startedByShell(variables)
      assert.strictEqual(yield* status(url), 200)
      shell.kill("SIGTERM")
      yield* ended
      assert.isTrue(yield* Effect.isFailure(Effect.tryPromise(() => fetch(url))))
    })
  )
})
