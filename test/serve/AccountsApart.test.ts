import { assert, describe, it } from "@effect/vitest"
import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { Effect, Layer, Option, Queue, Redacted } from "effect"
import { execFile } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { OperatorSecretSql } from "../../src/layers/access/secret/OperatorSecretSql.ts"
import { open } from "../../src/layers/http/listen.ts"
import { OperatorSecret } from "../../src/services/OperatorSecret.ts"
import { TestConfig } from "../doubles/TestConfig.ts"
import { bundle } from "../Bundle.ts"
import { freePort } from "../freePort.ts"
import { overHttp } from "./Server.ts"
import { call, openOrdersOf, serveTwoAccounts } from "./twoAccounts.ts"

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "0.01", price: "10000" }

const passphrase = "correct horse battery staple"

/** A receiver of notifications. */
const receiver = Effect.gen(function* () {
  const received = yield* Queue.unbounded<{ readonly [name: string]: unknown }>()
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (chunk: Buffer) => {
      body += String(chunk)
    })
    request.on("end", () => {
      received.unsafeOffer(JSON.parse(body))
      response.end()
    })
  })
  yield* Effect.acquireRelease(open(server, { host: "127.0.0.1", port: 0 }), () =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
  )
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` }
})

const setPassphrase = (stateDir: string) =>
  Effect.gen(function* () {
    const secret = yield* OperatorSecret
    yield* secret.store(yield* secret.prepare(Redacted.make(passphrase)), Option.none())
  }).pipe(Effect.provide(Layer.provide(OperatorSecretSql, TestConfig({ stateDir }))))

const fieldIn = (page: string, name: string): string =>
  new RegExp(`name="${name}"\\s+value="([^"]*)"`).exec(page)?.[1] ?? ""

describe("two Kraken accounts of a server", () => {
  it.scopedLive(
    "have limits of spending of their own: those of the server, and capital and budgets of tokens with the same numbers",
    () =>
      Effect.gen(function* () {
        const { clientOf } = yield* serveTwoAccounts({ MCP_KRAKEN_SERVER_MAX: "150USD/day" })
        const limits = ["--access", "trade", "--capital", "120USD", "--max", "110USD/order", "--max", "120USD/day"]
        const [desk, cold] = [yield* clientOf("desk", limits), yield* clientOf("cold", limits)]
        const [anyDesk, anyCold] = [yield* clientOf("desk"), yield* clientOf("cold")]
        const refusal = (client: Client) =>
          Effect.map(
            Effect.promise(() => client.callTool({ name: "add_order", arguments: { ...order, price: "10001" } })),
            ({ _meta }) => Object(_meta?.["mcp-kraken/refusal"])
          )
        const used = (client: Client) =>
          Effect.map(call(client, "get_my_mandate"), ({ answer }) => ({
            owned: answer.owned,
            limits: answer.limits.map(({ layer, limit, used }: Record<string, unknown>) => `${layer} ${limit} ${used}`)
          }))
        const untouched = yield* used(cold)
        assert.include(untouched.limits, "mandate max/day 0")
        assert.include(untouched.limits, "server max/day 0")

        const first = yield* call(desk, "add_order", order)
        assert.isFalse(first.isError, first.text)
        assert.deepStrictEqual(yield* used(cold), untouched)
        assert.notDeepEqual(yield* used(desk), untouched)
        assert.deepInclude(yield* refusal(desk), { layer: "mandate" })
        assert.deepInclude(yield* refusal(anyDesk), { layer: "server", limit: "max/day" })

        const apart = yield* call(cold, "add_order", order)
        assert.isFalse(apart.isError, apart.text)
        assert.deepInclude(yield* refusal(cold), { layer: "mandate" })
        assert.deepInclude(yield* refusal(anyCold), { layer: "server", limit: "max/day" })
      }),
    { timeout: 60_000 }
  )

  it.scopedLive("have rate budgets of their own", () =>
    Effect.gen(function* () {
      const { clientOf } = yield* serveTwoAccounts({ MCP_KRAKEN_TIER: "starter" }, true)
      const [desk, cold] = [yield* clientOf("desk"), yield* clientOf("cold")]
      const calls = yield* Effect.forEach(
        Array.from({ length: 30 }, (_, n) => n),
        (offset) => call(desk, "get_ledgers", { offset }),
        { concurrency: "unbounded" }
      )
      assert.isNotEmpty(calls.filter(({ text }) => text.includes("KrakenRateLimitError")))
      const apart = yield* call(cold, "get_ledgers")
      assert.isFalse(apart.isError, apart.text)
    })
  )

  it.scopedLive("do not wait for a write of the other one whose outcome is not known yet", () =>
    Effect.gen(function* () {
      const { clientOf, exchanges } = yield* serveTwoAccounts()
      const [desk, cold] = [yield* clientOf("desk"), yield* clientOf("cold")]
      yield* exchanges.cold.admin("faults", { endpoint: "AddOrder", kind: "arrive-late", seconds: 600 })
      yield* Effect.forkScoped(call(cold, "add_order", order))
      for (let n = 0; n < 500 && exchanges.cold.rest.faults.length > 0; n++) yield* Effect.sleep("20 millis")
      const placed = yield* call(desk, "add_order", order)
      assert.isFalse(placed.isError, placed.text)
      assert.lengthOf(openOrdersOf(exchanges.cold), 1)
    })
  )

  it.scopedLive("refuse a token that was made for paper", () =>
    Effect.gen(function* () {
      const { server, tokenOf } = yield* serveTwoAccounts()
      const { token } = yield* tokenOf("cold", ["--paper"])
      const { status } = yield* Effect.promise(() =>
        fetch(server.url, {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" })
        })
      )
      assert.isAtLeast(status, 401)
      assert.isBelow(status, 404)
    })
  )

  it.scopedLive(
    "have an approval carried out for the one that asked, one of them emptied in an emergency, and one notice of it",
    () =>
      Effect.gen(function* () {
        const { received, url } = yield* receiver
        const page = `http://127.0.0.1:${yield* freePort}`
        const { clientOf, exchanges, house, proxy, server, tokenOf } = yield* serveTwoAccounts({
          MCP_KRAKEN_OPERATOR: page.slice("http://".length),
          MCP_KRAKEN_NOTIFY: url
        })
        const limits = ["--access", "full", "--max", "none/order", "--max", "none/day"]
        const withdrawing = [...limits, "--withdraw", "btc-wallet-1=1BTC/day"]
        const [deskToken, coldToken] = [yield* tokenOf("desk", withdrawing), yield* tokenOf("cold", withdrawing)]
        // Tokens are made before the passphrase, without which none can be made afterwards.
        const trader = yield* clientOf("desk")
        yield* setPassphrase(house.folder)
        const cold = yield* overHttp({ url: server.url, token: coldToken.token })
        const desk = yield* overHttp({ url: server.url, token: deskToken.token })
        const asked = yield* call(cold, "withdraw", { asset: "XBT", key: "btc-wallet-1", amount: "0.01" })
        assert.isTrue(asked.isError)
        const notice = yield* Queue.take(received)
        assert.deepInclude(notice, { event: "ApprovalAsked", account: "cold" })
        const id = Number(notice["plan"])

        // The other agent learns nothing of it by its number.
        const foreign = yield* call(desk, "get_approval", { id })
        const missing = yield* call(desk, "get_approval", { id: id + 1000 })
        assert.deepStrictEqual([foreign.isError, foreign.text], [true, missing.text])

        const post = (path: string, form: { readonly [name: string]: string }, cookie = "") =>
          Effect.promise(() =>
            fetch(`${page}${path}`, {
              method: "POST",
              redirect: "manual",
              headers: { origin: page, cookie },
              body: new URLSearchParams(form)
            })
          )
        const loggedIn = yield* post("/log-in", { passphrase, plan: String(id) })
        const path = loggedIn.headers.get("location") ?? ""
        const cookie = loggedIn.headers.get("set-cookie")?.split(";")[0] ?? ""
        const shown = yield* Effect.promise(() =>
          fetch(`${page}${path}`, { headers: { cookie } }).then((answer) => answer.text())
        )
        assert.include(shown, "cold")
        assert.notInclude(shown, "desk")
        const form = { answer: "yes", csrf: fieldIn(shown, "csrf"), shown: fieldIn(shown, "shown") }
        assert.strictEqual((yield* post(path, form, cookie)).status, 303)
        const outcome = yield* call(cold, "get_approval", { id, wait_s: 30 })
        assert.include(outcome.text, "happened")
        const withdrawals = proxy.passed.filter((passed) => passed.path.endsWith("/Withdraw"))
        assert.deepStrictEqual(
          withdrawals.map(({ account }) => account),
          ["cold"]
        )

        yield* call(trader, "add_order", order)
        const before = openOrdersOf(exchanges.desk).length
        assert.isAbove(before, 0)
        assert.isNotEmpty(openOrdersOf(exchanges.cold))
        // The exchange is in this process, which must not wait for the command.
        yield* Effect.async<void>((resume) => {
          const command = [bundle(), "panic", "--account", "cold", "--json"]
          execFile(process.execPath, command, { env: house.variables }, () => resume(Effect.void))
        })
        assert.deepStrictEqual(openOrdersOf(exchanges.cold), [])
        assert.lengthOf(openOrdersOf(exchanges.desk), before)
        const frozen = yield* call(trader, "add_order", { ...order, price: "9999" })
        assert.include(frozen.text, "Frozen")
        assert.notMatch(frozen.text, /cold/)

        // Everything is stopped once, and the operator is told once.
        yield* Effect.sleep("3 seconds")
        const notices = [...(yield* Queue.takeAll(received))]
        assert.lengthOf(
          notices.filter(({ event }) => event === "Stopped"),
          1
        )
      }),
    { timeout: 90_000 }
  )
})
