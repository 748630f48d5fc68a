import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { env as environment } from "node:process"
import { fileURLToPath } from "node:url"
import { bundle } from "../Bundle.ts"
import { makeHouse, serveHttp } from "./Server.ts"

const inspector = fileURLToPath(new URL("../../node_modules/.bin/mcp-inspector", import.meta.url))

/** Runs the MCP Inspector's command line. `--strict` checks that clients support every schema. */
const inspect = (args: ReadonlyArray<string>, env: Record<string, string>, cwd: string) =>
  Effect.async<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resume) => {
    const all = ["--cli", "--method", "tools/list", "--strict", "--format", "json", ...args]
    execFile(inspector, all, { env: { PATH: environment["PATH"] ?? "", ...env }, cwd }, (error, stdout, stderr) => {
      resume(Effect.succeed({ code: Number(error?.code ?? 0), stdout, stderr }))
    })
  })

describe("the MCP Inspector finds no fault", () => {
  for (const revision of ["legacy", "modern"]) {
    it.scopedLive(`over HTTP, ${revision}`, () =>
      Effect.gen(function* () {
        const house = yield* makeHouse
        const { token, url } = yield* serveHttp(house)
        const header = `Authorization: Bearer ${token}`
        const args = [url, "--transport", "http", "--protocol-era", revision, "--header", header, "--stored-auth-only"]
        const { code, stderr, stdout } = yield* inspect(args, {}, house.folder)
        assert.strictEqual(code, 0, stderr)
        assert.include(stdout, "get_server_time")
      })
    )

    it.scopedLive(`over stdio, ${revision}`, () =>
      Effect.gen(function* () {
        const { folder, variables } = yield* makeHouse
        const args = ["--protocol-era", revision, "--", process.execPath, bundle(), "serve", "--stdio"]
        const { code, stderr, stdout } = yield* inspect(args, variables, folder)
        assert.strictEqual(code, 0, stderr)
        assert.include(stdout, "get_server_time")
      })
    )
  }
})
