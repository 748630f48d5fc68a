import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import process from "node:process"
import { serve as serveFake } from "../test/doubles/fake/Serve.ts"
import { makeFakeKraken } from "../test/doubles/FakeKraken.ts"
import { startPostgres } from "../test/postgresServer.ts"
import { temporaryFolder } from "../test/temporaryFolder.ts"
import { load, type Target } from "./load.ts"
import { message } from "./messages.ts"
import type { Ours } from "./ours.ts"
import { databaseCalls, rounds } from "./settings.ts"
import { number, print, table } from "./table.ts"

const tools = {
  get_account_balance: () => ({}),
  // Orders that differ from each other, so that none is taken for a repetition.
  add_order: (n: number) => ({
    pair: "BTC/USD",
    type: "buy",
    ordertype: "limit",
    price: String(10_000 + n),
    volume: "0.01"
  })
}

/**
 * Measures a read and a write that one client makes one after the other, with the state in SQLite and in PostgreSQL on this
 * machine. Rounds of the two take turns. The fake Kraken is in this process.
 */
export const databases = (ours: Ours): Promise<void> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const fake = makeFakeKraken()
        const { url } = yield* serveFake(fake)
        const { key, secret } = fake.keys.full
        const folder = yield* temporaryFolder
        const places = { SQLite: {}, PostgreSQL: { MCP_KRAKEN_DATABASE_URL: yield* startPostgres() } }
        const servers = yield* Effect.forEach(Object.entries(places), ([place, more]) =>
          Effect.gen(function* () {
            const state = join(folder, place)
            const env = {
              ...ours.env,
              KRAKEN_BASE_URL: url,
              KRAKEN_API_KEY: key,
              KRAKEN_API_SECRET: secret,
              MCP_KRAKEN_STATE_DIR: state,
              MCP_KRAKEN_TOKEN_DB: join(state, "tokens.db"),
              ...more
            }
            const words = [ours.entry, "token", "create", "bench", "--json"]
            const made = execFileSync(process.execPath, words, { env: { ...process.env, ...env }, encoding: "utf8" })
            const { token }: { readonly token: string } = JSON.parse(made)
            const server = yield* Effect.acquireRelease(
              Effect.promise(() => ours.serve(env)),
              ({ stop }) => Effect.promise(stop)
            )
            return { place, server, token }
          })
        )
        const found = new Map<string, Array<number>>()
        // Each round has prices of its own.
        let first = 0
        for (let round = -1; round < rounds; round++)
          for (const [name, argumentsOf] of Object.entries(tools))
            for (const { place, server, token } of servers) {
              const from = (first += databaseCalls)
              const target: Target = {
                url: `http://127.0.0.1:${server.port}/mcp`,
                pid: server.pid,
                request: (i) => message("2025-11-25", "tools/call", { name, arguments: argumentsOf(from + i) }, token)
              }
              const { p50 } = yield* Effect.promise(() => load(target, 1, { calls: databaseCalls, seconds: 600 }))
              // The first round warms up.
              if (round >= 0) found.set(`${name} ${place}`, [...(found.get(`${name} ${place}`) ?? []), p50])
            }
        const least = (name: string, place: string) => Math.min(...(found.get(`${name} ${place}`) ?? []))
        const head = ["", ...Object.keys(places).map((place) => `${place}, ms`)]
        const title = `19. State in SQLite and in PostgreSQL: one call after the other, the least median of ${rounds} rounds`
        const rows = Object.keys(tools).map((name) => [
          name,
          ...Object.keys(places).map((place) => number(least(name, place), 1))
        ])
        print(table(title, head, rows))
      })
    )
  )
