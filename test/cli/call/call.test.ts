import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { bundle } from "../../Bundle.ts"
import { delayAfter, dropAfter, error } from "../../doubles/fake/Faults.ts"
import { makeHouse } from "../../serve/Server.ts"
import { makeCommandLine } from "../commandLine.ts"

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", price: "20000", volume: "0.01" }

/** A fake Kraken, and the command line with an API key for it. */
const makeShell = Effect.gen(function* () {
  const { fake, variables } = yield* makeHouse
  const { folder, run } = yield* makeCommandLine
  /** Calls a tool. Its log is silent unless a variable says otherwise. */
  const call = (tool: string, args: object = {}, more: Readonly<Record<string, string>> = {}) =>
    run(["call", tool, JSON.stringify(args)], { ...variables, ...more })
  return { fake, variables, folder, run, call }
})

const until = (condition: () => boolean) =>
  Effect.sync(condition).pipe(Effect.repeat({ until: (is) => is, schedule: Schedule.spaced("10 millis") }))

describe("call", () => {
  it.scopedLive("prints the answer as JSON, and the receipt of a write on stderr", () =>
    Effect.gen(function* () {
      const { call, fake } = yield* makeShell
      const read = yield* call("get_open_orders")
      assert.deepInclude(read, { code: 0, stderr: "" })
      assert.strictEqual(JSON.parse(read.stdout).count, 0)
      const placed = yield* call("add_order", order)
      assert.strictEqual(placed.code, 0)
      assert.match(placed.stderr, /^Record \d+:[\da-f]{16}\n$/)
      assert.lengthOf(JSON.parse(placed.stdout).txid, 1)
      assert.strictEqual(fake.count("private/AddOrder"), 1)
    })
  )

  it.scopedLive("tells by its exit code that nothing was done, or that the call was wrong", () =>
    Effect.gen(function* () {
      const { call, fake, run, variables } = yield* makeShell
      fake.misbehave("private/AddOrder", error("EOrder:Insufficient funds"))
      const refused = yield* call("add_order", order)
      assert.deepInclude(refused, { code: 1, stdout: "" })
      assert.match(refused.stderr, /^KrakenOrderError: /)
      const reading = yield* call("add_order", order, { MCP_KRAKEN_READ_ONLY: "true" })
      assert.deepInclude(reading, { code: 1, stdout: "" })
      const wrong = yield* run(["call", "cancel_order", `{"order": "O1"}`], variables)
      assert.deepInclude(wrong, { code: 2, stdout: "" })
      assert.match(wrong.stderr, /^InvalidArguments: /)
    })
  )

  it.scopedLive("tells by its exit code that a write might have been carried out", () =>
    Effect.gen(function* () {
      const { call, fake } = yield* makeShell
      fake.misbehave("private/WalletTransfer", dropAfter)
      const transfer = { asset: "BTC", from_wallet: "Spot Wallet", to_wallet: "Futures Wallet", amount: "0.1" }
      const unknown = yield* call("wallet_transfer", transfer)
      assert.deepInclude(unknown, { code: 4, stdout: "" })
      assert.match(unknown.stderr, /^KrakenOutcomeUnknown: /)
      assert.strictEqual(fake.count("private/WalletTransfer"), 1)
    })
  )

  it.scopedLive("does not send an identical withdrawal of an earlier process again", () =>
    Effect.gen(function* () {
      const { call, fake } = yield* makeShell
      const out = { asset: "BTC", key: "btc-wallet-1", amount: "0.1" }
      const first = yield* call("withdraw", out)
      const second = yield* call("withdraw", out)
      assert.deepStrictEqual([first.code, second.code], [0, 5], first.stderr)
      assert.strictEqual(JSON.parse(second.stdout).refid, JSON.parse(first.stdout).refid)
      assert.isFalse(JSON.parse(second.stdout).placed)
      assert.strictEqual(fake.count("private/Withdraw"), 1)
    })
  )

  it.scopedLive("reads its arguments from standard input, and prints tables", () =>
    Effect.gen(function* () {
      const { run, variables } = yield* makeShell
      const { code, stdout } = yield* run(["call", "get_open_orders", "--json", "-", "--table"], variables, "{}")
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(stdout.trimEnd().split("\n").slice(2), [
        "Field   Value",
        "------  -----",
        "orders  none",
        "count   0"
      ])
    })
  )

  it.scopedLive("reads a file of settings that it is given, and not the .env of its folder", () =>
    Effect.gen(function* () {
      const { folder, run } = yield* makeCommandLine
      for (const file of [".env", "paper.env"])
        writeFileSync(join(folder, file), "MCP_KRAKEN_MODE=paper\nMCP_KRAKEN_PAPER_MARKET=synthetic\n")
      const words = ["call", "get_trading_mode"]
      const plain = yield* run(words)
      assert.strictEqual(JSON.parse(plain.stdout).mode, "live")
      assert.include(plain.stdout, join(folder, ".env"))
      const named = yield* run([...words, "--env-file", "paper.env"])
      assert.strictEqual(JSON.parse(named.stdout).mode, "paper")
    })
  )
})

describe("call that receives a signal", () => {
  const start = (words: ReadonlyArray<string>, env: Readonly<Record<string, string>>) => {
    const child = spawn(process.execPath, [bundle(), "call", ...words], { env })
    let [stdout, stderr] = ["", ""]
    child.stdout.on("data", (chunk: Buffer) => (stdout += String(chunk)))
    child.stderr.on("data", (chunk: Buffer) => (stderr += String(chunk)))
    const closed = once(child, "close").then(([code]: ReadonlyArray<unknown>) => ({ code, stdout, stderr }))
    return { child, closed: Effect.promise(() => closed) }
  }

  it.scopedLive("settles a write that was sent, and prints its answer", () =>
    Effect.gen(function* () {
      const { fake, variables } = yield* makeShell
      fake.misbehave("private/AddOrder", { ...dropAfter, ...delayAfter(300) })
      const { child, closed } = start(["add_order", JSON.stringify(order)], variables)
      yield* until(() => fake.count("private/AddOrder") === 1)
      const signals = Effect.repeat(
        Effect.sync(() => child.kill("SIGINT")),
        Schedule.spaced("10 millis")
      )
      const { code, stderr, stdout } = yield* Effect.raceFirst(closed, signals.pipe(Effect.zipRight(Effect.never)))
      assert.strictEqual(code, 0, stderr)
      assert.property(JSON.parse(stdout), "settled")
      assert.strictEqual(fake.count("private/AddOrder"), 1)
    })
  )

  it.scopedLive("ends at once if nothing was sent", () =>
    Effect.gen(function* () {
      const { fake, variables } = yield* makeShell
      fake.misbehave("private/Balance", delayAfter(50_000))
      const { child, closed } = start(["get_account_balance"], variables)
      yield* until(() => fake.count("private/Balance") === 1)
      child.kill("SIGINT")
      assert.deepInclude(yield* closed, { code: 130, stdout: "" })
    })
  )
})

describe("tools", () => {
  it.scopedLive("lists what the settings offer, and describes one tool", () =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      const names = (stdout: string): ReadonlyArray<string> =>
        JSON.parse(stdout).map(({ name }: { readonly name: string }) => name)
      const some = names((yield* run(["tools", "--json"], { MCP_KRAKEN_READ_ONLY: "true" })).stdout)
      assert.include(some, "get_ticker")
      assert.notInclude(some, "withdraw")
      const one = yield* run(["tools", "add_order"])
      for (const named of ["add_order (trading, destroy)", "  pair  string, needed", "buy | sell"])
        assert.include(one.stdout, named)
    })
  )
})
