import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import process from "node:process"
import { handle } from "../src/exchange/commands/handle.ts"
import { syntheticMarket } from "../src/exchange/markets/synthetic/syntheticMarket.ts"
import { openJournal } from "../src/layers/paper/journal.ts"
import { type Command, makeJournaledAccounts } from "../src/layers/paper/journaledAccounts.ts"
import type { Ours } from "./ours.ts"
import { paperCommands, starts } from "./settings.ts"
import { number, print, table } from "./table.ts"

const id = { account: "local", market: "synthetic" }
const begin = Date.UTC(2026, 0, 1)

/** Commands a minute of the account's life, and in one transaction. */
const commandsAt = 1000

/** Two market orders of three, and one that rests and is cancelled. */
const commandOf = (n: number): Command => {
  const order = { pair: "XBTUSD", type: n % 2 === 0 ? "buy" : "sell", volume: "0.0001" }
  return n % 3 === 2
    ? { endpoint: "private/AddOrder", params: { ...order, ordertype: "limit", price: "100", timeinforce: "IOC" } }
    : { endpoint: "private/AddOrder", params: { ...order, ordertype: "market" } }
}

const openAccounts = (folder: string) =>
  Effect.map(openJournal(join(folder, "paper.db")), (journal) =>
    makeJournaledAccounts(journal, {
      open: () => syntheticMarket(),
      balances: { USD: "100000000", BTC: "1000" },
      limits: { tier: "starter", rateLimits: false }
    })
  )

/** Makes an account with as many commands. */
const fill = (folder: string, commands: number) =>
  Effect.map(openAccounts(folder), (accounts) => {
    for (let n = 0; n < commands; n += commandsAt) {
      const [first, ...others] = Array.from({ length: Math.min(commandsAt, commands - n) }, (_, i) => commandOf(n + i))
      if (first !== undefined) accounts.carryOut(id, () => begin + (n / commandsAt) * 60_000, [first, ...others])
    }
  })

const timed = <A>(run: () => A): number => {
  const before = performance.now()
  run()
  return performance.now() - before
}

/** Measures first answers of accounts that are not in memory. */
const first = (folder: string, now: number) =>
  Effect.gen(function* () {
    const before = performance.now()
    const accounts = yield* openAccounts(folder)
    const ask = (endpoint: string) => {
      const answer = accounts.inspect(
        id,
        () => now,
        (exchange) => handle(exchange, { endpoint: `private/${endpoint}`, account: id.account, now })
      )
      if ("errors" in answer) throw new Error(answer.errors.join())
    }
    ask("BalanceEx")
    const balance = performance.now() - before
    return {
      balance,
      order: timed(() => accounts.carryOut(id, () => now, [commandOf(0)])),
      closed: timed(() => ask("ClosedOrders")),
      ledger: timed(() => ask("Ledgers"))
    }
  })

/** The best counts, since other load only makes a start slower. */
const best = (values: ReadonlyArray<number>): number => Math.min(...values)

/** Measures what a paper account with a long history costs: the first answers of a new process, and the file. */
export const growth = async ({ entry }: Ours): Promise<void> => {
  const rows: Array<ReadonlyArray<string>> = []
  for (const commands of paperCommands) {
    const folder = mkdtempSync(join(tmpdir(), "mcp-kraken-bench-"))
    try {
      mkdirSync(folder, { recursive: true })
      const filled = performance.now()
      await Effect.runPromise(Effect.scoped(fill(folder, commands)))
      const each = ((performance.now() - filled) * 1000) / commands
      const now = begin + Math.ceil(commands / commandsAt) * 60_000
      const answers: Array<Effect.Effect.Success<ReturnType<typeof first>>> = []
      for (let n = 0; n < starts; n++) answers.push(await Effect.runPromise(Effect.scoped(first(folder, now + n))))
      const env = { ...process.env, MCP_KRAKEN_STATE_DIR: folder, MCP_KRAKEN_PAPER_MARKET: "synthetic" }
      const args = [entry, "call", "get_account_balance", "--paper"]
      const calls = Array.from({ length: starts }, () =>
        timed(() => {
          const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" })
          if (status !== 0) throw new Error(stderr)
        })
      )
      rows.push([
        `${commands} commands`,
        ...(["balance", "order", "closed", "ledger"] as const).map((name) =>
          number(best(answers.map((answer) => answer[name])), 1)
        ),
        number(best(calls)),
        number(each, 1),
        number(statSync(join(folder, "paper.db")).size / 2 ** 20, 1)
      ])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  print(
    table(
      `13. Growth of a paper account: the best of ${starts} starts, in ms`,
      ["", "open + balance", "order", "closed orders", "ledger", "call as a process", "µs to make each", "file, MB"],
      rows
    )
  )
}
