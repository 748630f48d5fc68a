import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Scope, TestClock } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { announceServer, runningServers, serversFolder } from "../../../src/layers/process/runningServers.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"

/** The number of a process that has ended. */
const ended = () => spawnSync(process.execPath, ["--version"]).pid

/** Leaves the file of another server. */
const leave = (stateDir: string, name: string, changes: object = {}) => {
  const server = {
    version: "1",
    pid: process.pid,
    host: hostname(),
    started: new Date(0).toISOString(),
    address: "stdio"
  }
  const file = join(serversFolder(stateDir), name)
  mkdirSync(serversFolder(stateDir), { recursive: true })
  writeFileSync(file, JSON.stringify({ ...server, ...changes }))
  return file
}

const addresses = (stateDir: string) =>
  Effect.map(runningServers(stateDir), (servers) => servers.map(({ address }) => address))

describe("running servers", () => {
  it.scopedLive("are found until their scope ends, in files for their owner only", () =>
    Effect.gen(function* () {
      const stateDir = join(yield* temporaryFolder, "state")
      assert.deepStrictEqual(yield* runningServers(stateDir), [])
      assert.isFalse(existsSync(stateDir))
      const scope = yield* Scope.make()
      yield* Scope.extend(announceServer(stateDir, { address: "http://localhost:1/mcp" }), scope)
      const [server] = yield* runningServers(stateDir)
      assert.deepInclude(server, { pid: process.pid, host: hostname(), address: "http://localhost:1/mcp" })
      const [name = ""] = readdirSync(serversFolder(stateDir))
      assert.strictEqual(statSync(join(serversFolder(stateDir), name)).mode & 0o777, 0o600)
      assert.strictEqual(statSync(serversFolder(stateDir)).mode & 0o777, 0o700)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(readdirSync(serversFolder(stateDir)), [])
    })
  )

  it.scopedLive("leave out processes that have ended, whose files the next server removes", () =>
    Effect.gen(function* () {
      const stateDir = yield* temporaryFolder
      const dead = leave(stateDir, "dead.json", { address: "dead", pid: ended() })
      const broken = leave(stateDir, "broken.json", { pid: "many" })
      const elsewhere = leave(stateDir, "elsewhere.json", { address: "elsewhere", host: "elsewhere", pid: ended() })
      assert.deepStrictEqual(yield* addresses(stateDir), ["elsewhere"])
      assert.isTrue(existsSync(dead))
      yield* announceServer(stateDir, { address: "here" })
      assert.deepStrictEqual(
        [dead, broken, elsewhere].map((file) => existsSync(file)),
        [false, false, true]
      )
      assert.deepStrictEqual(yield* addresses(stateDir), ["elsewhere", "here"])
    })
  )

  it.scoped("count as ended without a heartbeat for three minutes", () =>
    Effect.gen(function* () {
      const stateDir = yield* temporaryFolder
      yield* announceServer(stateDir, { address: "here" })
      const silent = leave(stateDir, "silent.json", { address: "silent", host: "elsewhere" })
      const now = yield* Clock.currentTimeMillis
      utimesSync(silent, now / 1000, now / 1000)
      assert.sameMembers([...(yield* addresses(stateDir))], ["silent", "here"])
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* addresses(stateDir), ["here"])
    })
  )

  it.scopedLive("serve although their file can't be written", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "file")
      writeFileSync(file, "")
      yield* announceServer(join(file, "state"), { address: "here" })
      assert.deepStrictEqual(yield* runningServers(join(file, "state")), [])
    })
  )
})
