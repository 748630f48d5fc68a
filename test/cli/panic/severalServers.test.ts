import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { Client } from "pg"
import { haltFileIn, writeHaltFile } from "../../../src/layers/access/halt/haltFile.ts"
import { inPostgres, isPostgresMissing, newPostgresDatabase } from "../../postgres.ts"
import { makeHouse, overStdio } from "../../serve/Server.ts"
import { makeCommandLine } from "../commandLine.ts"

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", price: "20000", volume: "0.01" }

describe.skipIf(isPostgresMissing)(`servers with state folders of their own, whose record is ${inPostgres}`, () => {
  it.scopedLive(
    "know each other's writes, and obey a panic of a third machine",
    () =>
      Effect.gen(function* () {
        const house = yield* makeHouse
        const url = yield* newPostgresDatabase
        const { run } = yield* makeCommandLine
        const machine = (name: string) => {
          const stateDir = join(house.folder, name)
          mkdirSync(stateDir)
          return {
            ...house.variables,
            MCP_KRAKEN_STATE_DIR: stateDir,
            MCP_KRAKEN_DATABASE_URL: Redacted.value(url)
          }
        }
        const start = (name: string) => overStdio(house, machine(name))
        const [one, two] = yield* Effect.all([start("one"), start("two")], { concurrency: "unbounded" })
        const place = (client: typeof one, price: string) =>
          Effect.promise(() => client.callTool({ name: "add_order", arguments: { ...order, price } }))
        assert.notStrictEqual((yield* place(one, "20000")).isError, true)
        const repeated = yield* place(two, "20000")
        assert.deepInclude(repeated.structuredContent, { placed: false })
        const third = machine("three")
        const panic = yield* run(["panic"], third)
        assert.deepInclude(panic, { code: 0 })
        for (const client of [one, two]) assert.isTrue((yield* place(client, "21000")).isError)
        const verified = yield* run(["audit", "verify"], third)
        assert.deepInclude(verified, { code: 0 })
        const listed = yield* run(["audit", "list"], third)
        assert.include(`${listed.stdout}${listed.stderr}`, "private/AddOrder")
        assert.notInclude(
          `${panic.stdout}${panic.stderr}${verified.stdout}${listed.stdout}`,
          new URL(Redacted.value(url)).password
        )
      }),
    120_000
  )
})

describe.skipIf(isPostgresMissing)(`resume, whose record and tokens are ${inPostgres}`, () => {
  it.scopedLive(
    "does not go on if tokens are guarded by an operator secret that the record lacks",
    () =>
      Effect.gen(function* () {
        const { folder, run } = yield* makeCommandLine
        const stateDir = join(folder, "state")
        const url = yield* newPostgresDatabase
        const variables = { MCP_KRAKEN_STATE_DIR: stateDir, MCP_KRAKEN_DATABASE_URL: Redacted.value(url) }
        assert.strictEqual((yield* run(["token", "create", "one"], variables)).code, 0)
        writeHaltFile(haltFileIn(stateDir), { since: 1_790_000_000_000, by: "local" })
        const unguarded = yield* run(["resume"], variables)
        assert.strictEqual(unguarded.code, 1)
        assert.notInclude(unguarded.stderr, "guarded")
        yield* Effect.acquireUseRelease(
          Effect.promise(() => {
            const client = new Client(Redacted.value(url))
            return client.connect().then(() => client)
          }),
          (client) => Effect.promise(() => client.query("INSERT INTO operator_secrets VALUES ('f')")),
          (client) => Effect.promise(() => client.end())
        )
        const guarded = yield* run(["resume"], variables)
        assert.strictEqual(guarded.code, 1)
        assert.include(guarded.stderr, "guarded by an operator secret")
        assert.isTrue(existsSync(haltFileIn(stateDir)))
      }),
    60_000
  )
})
