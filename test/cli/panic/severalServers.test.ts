import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
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
