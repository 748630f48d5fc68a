import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync } from "node:fs"
import { bundle } from "../Bundle.ts"
import type { FakeKraken } from "../doubles/FakeKraken.ts"
import { delayAfter, dropAfter } from "../doubles/fake/Faults.ts"
import { freePort } from "../freePort.ts"
import { type House, makeHouse, overHttp, run } from "./Server.ts"

/** Throws in a listener of Node when the process receives SIGUSR2. */
const planted = `process.on("SIGUSR2", () => { throw new Error("planted") })`

const start = ({ folder, variables }: House, args: ReadonlyArray<string>, stdio: StdioOptions) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const importing = `data:text/javascript,${encodeURIComponent(planted)}`
      const words = ["--import", importing, bundle(), "serve", ...args]
      const child: ChildProcess = spawn(process.execPath, words, { env: variables, cwd: folder, stdio })
      const exited = once(child, "exit").then(([code, signal]: ReadonlyArray<unknown>) => code ?? signal)
      return { child, exited: Effect.promise(() => exited) }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** A device that is always full, which Linux has. */
const full = process.platform === "linux" ? "/dev/full" : "/dev/null"

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", price: "20000", volume: "0.01" }
const addOrder = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "add_order", arguments: order } }

/** A server over stdio that has sent an order, which Kraken does not answer. */
const unsettled = Effect.gen(function* () {
  const house = yield* makeHouse
  const { fake } = house
  fake.misbehave("private/AddOrder", { ...dropAfter, ...delayAfter(300) })
  const server = yield* start(house, ["--stdio"], "pipe")
  server.child.stdin?.write(`${JSON.stringify(addOrder)}\n`)
  yield* until(() => fake.count("private/AddOrder") === 1)
  return { ...server, fake }
})

const until = (condition: () => boolean) =>
  Effect.sync(condition).pipe(Effect.repeat({ until: (is) => is, schedule: Schedule.spaced("10 millis") }))

/** Checks that the order was looked up after it was sent. */
const wasSettled = ({ seen }: FakeKraken) => {
  const sent = seen.findIndex(({ endpoint }) => endpoint === "private/AddOrder")
  const looks = seen.slice(sent + 1).filter(({ endpoint }) => endpoint === "private/OpenOrders")
  assert.isAbove(looks.length, 0)
  assert.strictEqual(seen.filter(({ endpoint }) => endpoint === "private/AddOrder").length, 1)
}

describe("a write that is unsettled", () => {
  it.scopedLive("is settled after the client has crashed and all its streams are closed", () =>
    Effect.gen(function* () {
      const { child, exited, fake } = yield* unsettled
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy()
      assert.strictEqual(yield* exited, 0)
      wasSettled(fake)
    })
  )

  it.scopedLive.each([
    ["SIGTERM", 0],
    ["SIGINT", 0],
    ["SIGHUP", 0],
    ["SIGUSR2", 1]
  ] as const)("is settled when the process receives %s repeatedly and its log is closed", ([signal, code]) =>
    Effect.gen(function* () {
      const { child, exited, fake } = yield* unsettled
      child.stderr?.destroy()
      const signals = Effect.repeat(
        Effect.sync(() => child.kill(signal)),
        Schedule.spaced("10 millis")
      )
      assert.strictEqual(yield* Effect.raceFirst(exited, signals), code)
      wasSettled(fake)
    })
  )
})

describe("a server over HTTP goes on", () => {
  /** Places an order that Kraken does not answer, and then stops the server. */
  const trades = (stdio: (open: (file: string) => number) => StdioOptions) =>
    Effect.gen(function* () {
      const house = yield* makeHouse
      const port = yield* freePort
      const { token } = JSON.parse((yield* run(["token", "create", "test", "--json"], house.variables)).stdout)
      const files: Array<number> = []
      const open = (file: string) => files[files.push(openSync(file, "w")) - 1] ?? -1
      const args = ["--host", "127.0.0.1", "--port", String(port)]
      const { child, exited } = yield* start(house, args, stdio(open))
      for (const file of files) closeSync(file)
      child.stderr?.destroy()
      const url = `http://127.0.0.1:${port}`
      yield* Effect.tryPromise(() => fetch(`${url}/health`)).pipe(
        Effect.retry(Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(200)))
      )
      const client = yield* overHttp({ url: `${url}/mcp`, token })
      house.fake.misbehave("private/AddOrder", dropAfter)
      const answer = yield* Effect.promise(() => client.callTool({ name: "add_order", arguments: order }))
      assert.isUndefined(answer.isError)
      wasSettled(house.fake)
      child.kill("SIGTERM")
      assert.strictEqual(yield* exited, 0)
    })

  it.scopedLive("when its log is closed", () => trades(() => ["ignore", "ignore", "pipe"]))

  it.scopedLive("when the disk of its log is full", () => trades((open) => ["ignore", open(full), open(full)]))
})
