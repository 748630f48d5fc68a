import { assert, it } from "@effect/vitest"
import { Effect, Layer, Option, Queue, Redacted } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { OperatorSecretSql } from "../../src/layers/access/secret/OperatorSecretSql.ts"
import { open } from "../../src/layers/http/listen.ts"
import { OperatorSecret } from "../../src/services/OperatorSecret.ts"
import { TestConfig } from "../doubles/TestConfig.ts"
import { freePort } from "../freePort.ts"
import { makeHouse, overHttp, run, serveHttp } from "./Server.ts"

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

/** Stores the operator secret in a state folder. */
const setPassphrase = (stateDir: string) =>
  Effect.gen(function* () {
    const secret = yield* OperatorSecret
    yield* secret.store(yield* secret.prepare(Redacted.make(passphrase)), Option.none())
  }).pipe(Effect.provide(Layer.provide(OperatorSecretSql, TestConfig({ stateDir }))))

const fieldIn = (page: string, name: string): string =>
  new RegExp(`name="${name}"\\s+value="([^"]*)"`).exec(page)?.[1] ?? ""

it.scopedLive(
  "a withdrawal of an agent waits, the operator is notified, says yes on the page, and the server sends it",
  () =>
    Effect.gen(function* () {
      const house = yield* makeHouse
      const { received, url } = yield* receiver
      const page = `http://127.0.0.1:${yield* freePort}`
      const server = yield* serveHttp(house, [], {
        MCP_KRAKEN_OPERATOR: page.slice("http://".length),
        MCP_KRAKEN_NOTIFY: url
      })
      const limits = [
        "--access",
        "full",
        "--max",
        "none/order",
        "--max",
        "none/day",
        "--withdraw",
        "btc-wallet-1=1BTC/day"
      ]
      const created = yield* run(["token", "create", "agent", ...limits, "--json"], house.variables)
      const { token } = JSON.parse(created.stdout) as { readonly token: string }
      yield* setPassphrase(house.folder)
      const client = yield* overHttp({ url: server.url, token })
      const call = (name: string, args: { readonly [name: string]: unknown }) =>
        Effect.promise(() => client.callTool({ name, arguments: args }))

      const asked = yield* call("withdraw", { asset: "XBT", key: "btc-wallet-1", amount: "0.01" })
      assert.isTrue(asked.isError, JSON.stringify(asked))
      const notice = yield* Queue.take(received)
      assert.deepInclude(notice, { event: "ApprovalAsked", url: `${page}/plans/${String(notice["plan"])}` })

      const post = (path: string, form: { readonly [name: string]: string }, cookie = "") =>
        Effect.promise(() =>
          fetch(`${page}${path}`, {
            method: "POST",
            redirect: "manual",
            headers: { origin: page, cookie },
            body: new URLSearchParams(form)
          })
        )
      const loggedIn = yield* post("/log-in", { passphrase, plan: String(notice["plan"]) })
      const path = loggedIn.headers.get("location") ?? ""
      const cookie = loggedIn.headers.get("set-cookie")?.split(";")[0] ?? ""
      const read = Effect.promise(() =>
        fetch(`${page}${path}`, { headers: { cookie } }).then((answer) => answer.text())
      )
      const shown = yield* read
      assert.include(shown, "btc-wallet-1")
      const form = { answer: "yes", csrf: fieldIn(shown, "csrf"), shown: fieldIn(shown, "shown") }
      assert.strictEqual((yield* post(path, form, cookie)).status, 303)

      const outcome = yield* call("get_approval", { id: notice["plan"], wait_s: 30 })
      assert.notStrictEqual(outcome.isError, true)
      const [text = ""] = (outcome.content as ReadonlyArray<{ readonly text: string }>).map(({ text }) => text)
      assert.include(text, "happened")
      assert.include(yield* read, "carried out")
      assert.strictEqual(yield* server.stop("SIGTERM"), 0)
    })
)
