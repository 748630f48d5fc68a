import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs"
import { join, resolve } from "node:path"
import { env } from "node:process"
import { freePort } from "../freePort.ts"
import { temporaryFolder } from "../temporaryFolder.ts"

const root = resolve(import.meta.dirname, "../..")

/** A clone in a folder whose path has spaces and other characters that a shell or an address would read. */
const makeClone = Effect.map(temporaryFolder, (folder) => {
  const clone = join(folder, "my clone (50% new) & more")
  mkdirSync(clone)
  for (const name of ["src", "scripts", "package.json"])
    cpSync(join(root, name), join(clone, name), { recursive: true })
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"))
  return { clone, home: folder, variables: { PATH: env["PATH"] ?? "", HOME: folder } }
})

describe("a clone in a path with spaces", () => {
  it.scopedLive("is built by the first command, and connects clients to itself", () =>
    Effect.gen(function* () {
      const { clone, home, variables } = yield* makeClone
      const run = (...args: ReadonlyArray<string>) =>
        spawnSync(process.execPath, [join(clone, "scripts/mcp-kraken.mjs"), ...args], {
          cwd: home,
          env: variables,
          encoding: "utf8"
        })
      const first = run("version")
      assert.match(first.stdout, /^\d+\.\d+\.\d+\S*\n$/)
      assert.match(first.stderr, /^Building [^\n]*\n$/)
      assert.isTrue(existsSync(join(clone, "dist/main.mjs")))
      assert.deepInclude(run("version"), { stdout: first.stdout, stderr: "", status: 0 })
      const { status, stdout } = run("setup", "--client", "cursor", "--write", "--market", "synthetic")
      assert.match(stdout, /in paper mode/)
      assert.strictEqual(status, 0)
    })
  )

  it.scopedLive("is served by npm start", () =>
    Effect.gen(function* () {
      const { clone, variables } = yield* makeClone
      const port = String(yield* freePort)
      const server = spawn("npm", ["start"], {
        cwd: clone,
        env: { ...variables, MCP_KRAKEN_PORT: port },
        stdio: ["ignore", "ignore", "pipe"],
        detached: true
      })
      yield* Effect.addFinalizer(() =>
        Effect.promise(() => {
          const ended = once(server, "close")
          if (server.pid !== undefined) process.kill(-server.pid, "SIGTERM")
          return ended
        })
      )
      const told = yield* Effect.async<string>((resume) => {
        let text = ""
        server.stderr.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk
          if (text.includes("mcp-kraken serves") && /mck_[\w-]{43}/.test(text)) resume(Effect.succeed(text))
        })
        server.once("close", () => resume(Effect.succeed(text)))
      })
      assert.include(told, `http://localhost:${port}/mcp`)
    })
  )
})
