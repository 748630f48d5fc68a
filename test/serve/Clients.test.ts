import { assert, describe, it } from "@effect/vitest"
import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { bundle } from "../Bundle.ts"
import { makeHouse, overHttp, overHttpNewest, overStdio, serveHttp } from "./Server.ts"

const call = (client: Client, name: string, args: Record<string, unknown> = {}) =>
  Effect.promise(() => client.callTool({ name, arguments: args }))

const firstCalls = (client: Client) =>
  Effect.gen(function* () {
    const { tools } = yield* Effect.promise(() => client.listTools())
    assert.includeMembers(
      tools.map(({ name }) => name),
      ["get_server_time", "get_account_balance", "add_order"]
    )
    const time = yield* call(client, "get_server_time")
    assert.isNumber(Object(time.structuredContent).unixtime)
    const balance = yield* call(client, "get_account_balance")
    assert.deepInclude(Object(balance.structuredContent).balances, {
      asset: "BTC",
      balance: "1.5"
    })
  })

describe("a real client", () => {
  it.scopedLive("connects over HTTP with a token of the command line, and calls public and private endpoints", () =>
    Effect.gen(function* () {
      const house = yield* makeHouse
      yield* firstCalls(yield* overHttp(yield* serveHttp(house)))
      assert.deepStrictEqual(
        house.fake.seen.filter(({ outcome }) => outcome !== "done"),
        []
      )
    })
  )

  it.scopedLive("connects over stdio", () =>
    Effect.gen(function* () {
      const house = yield* makeHouse
      yield* firstCalls(yield* overStdio(house))
    })
  )

  it.scopedLive("of the newest revision is served on the same endpoint", () =>
    Effect.gen(function* () {
      const house = yield* makeHouse
      const client = yield* overHttpNewest(yield* serveHttp(house))
      const { tools } = yield* Effect.promise(() => client.listTools())
      assert.isAbove(tools.length, 40)
      const balance = yield* Effect.promise(() => client.callTool({ name: "get_account_balance", arguments: {} }))
      assert.deepInclude(Object(balance.structuredContent).balances, {
        asset: "USD",
        balance: "50000"
      })
    })
  )

  it.scopedLive("is told every wrong argument, and nothing is sent to Kraken", () =>
    Effect.gen(function* () {
      const house = yield* makeHouse
      const client = yield* overStdio(house)
      const answer = yield* call(client, "get_ledgers", { tpye: "trade", ofs: -1 })
      assert.isTrue(answer.isError)
      const text = JSON.stringify(answer.content)
      for (const field of ["tpye", "ofs"]) assert.include(text, `- ${field}: `)
      assert.strictEqual(house.fake.count("private/Ledgers"), 0)
    })
  )

  it.scopedLive("of a read-only server finds no tool that writes", () =>
    Effect.gen(function* () {
      const house = yield* makeHouse
      const client = yield* overStdio(house, { MCP_KRAKEN_READ_ONLY: "true" })
      const { tools } = yield* Effect.promise(() => client.listTools())
      assert.deepStrictEqual(
        tools
          .filter(
            ({ annotations: { destructiveHint = true, readOnlyHint = false } = {} }) => !readOnlyHint && destructiveHint
          )
          .map(({ name }) => name),
        []
      )
      assert.notInclude(
        tools.map(({ name }) => name),
        "withdraw"
      )
    })
  )

  it.scopedLive("without an API key is told which variables to set, and gets public data", () =>
    Effect.gen(function* () {
      const house = yield* makeHouse
      const client = yield* overStdio(house, { KRAKEN_API_KEY: "", KRAKEN_API_SECRET: "" })
      const denied = yield* call(client, "get_account_balance")
      for (const named of ["KrakenCredentialsMissing: ", "KRAKEN_API_KEY", "KRAKEN_API_SECRET"])
        assert.include(JSON.stringify(denied.content), named)
      assert.isUndefined((yield* call(client, "get_server_time")).isError)
    })
  )
})

it.scopedLive("two servers that share a key make a hundred calls at once without an invalid nonce", () =>
  Effect.gen(function* () {
    const house = yield* makeHouse
    const clients = yield* Effect.all([overStdio(house), overStdio(house)], { concurrency: 2 })
    const calls = clients.flatMap((client) =>
      Array.from({ length: 50 }, (_, offset) => call(client, "get_ledgers", { offset }))
    )
    const answers = yield* Effect.all(calls, { concurrency: "unbounded" })
    assert.deepStrictEqual(
      answers.filter(({ isError }) => isError),
      []
    )
    assert.deepStrictEqual(
      house.fake.seen.filter(({ outcome }) => outcome !== "done"),
      []
    )
    assert.strictEqual(house.fake.count("private/Ledgers"), 100)
  })
)

it.scopedLive("stdio answers what it has read before it ends with its input, and writes nothing else", () =>
  Effect.gen(function* () {
    const { folder, variables } = yield* makeHouse
    const child = spawn(process.execPath, [bundle(), "serve", "--stdio"], { env: variables, cwd: folder })
    let out = ""
    child.stdout.on("data", (chunk: Buffer) => {
      out += String(chunk)
    })
    const message = (id: number, name: string) =>
      JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: {} } })
    child.stdin.end(`${message(1, "get_server_time")}\r\n{nonsense\n\n${message(2, "get_account_balance")}\n`)
    const code = yield* Effect.promise(() => once(child, "exit").then(([code]: Array<number | null>) => code))
    assert.strictEqual(code, 0)
    const answers = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
    assert.sameMembers(
      answers.map(({ id }) => id),
      [1, null, 2]
    )
    assert.strictEqual(answers.find(({ id }) => id === null).error.code, -32700)
  })
)

it.scopedLive("a signal ends a server in order, with exit code 0", () =>
  Effect.gen(function* () {
    const house = yield* makeHouse
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const server = yield* serveHttp(house)
      assert.strictEqual(yield* server.stop(signal), 0)
      assert.notInclude(server.log(), "Error")
    }
  })
)

it.scopedLive("the log has one line for each request, which names the tool and its outcome, and no secret", () =>
  Effect.gen(function* () {
    const house = yield* makeHouse
    const server = yield* serveHttp(house, [], { MCP_KRAKEN_LOG_LEVEL: "DEBUG" })
    yield* firstCalls(yield* overHttp(server))
    yield* Effect.promise(() => fetch(`${server.url}?apikey=${server.token}`, { method: "POST" }))
    yield* server.stop("SIGTERM")
    const log = server.log()
    const lines = log.split("\n").filter((line) => line.includes("tool=get_account_balance"))
    assert.lengthOf(lines, 1)
    assert.match(
      lines[0] ?? "",
      /message=request method=POST path=\/mcp status=200 ms=\d+ caller=[0-9a-f]{12} .*outcome=ok/
    )
    const { key, secret } = house.fake.keys.full
    for (const hidden of [server.token, key, secret, "Bearer mck"]) assert.notInclude(log, hidden)
    for (const { request } of house.fake.seen) {
      const signature = request.headers["api-sign"]
      if (signature !== undefined) assert.notInclude(log, signature)
    }
  })
)
