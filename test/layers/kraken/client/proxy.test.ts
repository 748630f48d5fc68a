import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Option, Redacted } from "effect"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { createServer, type RequestListener, type Server } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { type AddressInfo, connect } from "node:net"
import { join } from "node:path"
import { env } from "node:process"
import { HttpClientThroughProxy } from "../../../../src/layers/kraken/client/HttpClientThroughProxy.ts"
import { KrakenClientHttp } from "../../../../src/layers/kraken/client/KrakenClientHttp.ts"
import { findProxy } from "../../../../src/layers/kraken/client/proxy.ts"
import { NonceSourceMemory } from "../../../../src/layers/kraken/nonces/NonceSourceMemory.ts"
import { RateBudgetOff } from "../../../../src/layers/kraken/rates/RateBudgetOff.ts"
import { KrakenClient } from "../../../../src/services/KrakenClient.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { Operated } from "../../../doubles/TestPrincipal.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"

const names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]

/** Sets only these variables of the environment until the scope ends. */
const withEnv = (variables: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = [...names, ...Object.keys(variables)].map((name) => [name, env[name]] as const)
      for (const name of names) delete env[name]
      Object.assign(env, variables)
      return before
    }),
    (before) =>
      Effect.sync(() => {
        for (const [name, value] of before) {
          if (value === undefined) delete env[name]
          else env[name] = value
        }
      })
  )

const kraken = "https://api.kraken.com"

describe("the proxy of the environment", () => {
  it.scoped.each<readonly [string, Readonly<Record<string, string>>, string, string | undefined]>([
    ["is none by default", {}, kraken, undefined],
    ["is that for https", { HTTPS_PROXY: "http://proxy.example:3128" }, kraken, "http://proxy.example:3128/"],
    ["can be in small letters, which win", { https_proxy: "http://a", HTTPS_PROXY: "http://b" }, kraken, "http://a/"],
    ["can be one for all schemes", { ALL_PROXY: "https://proxy.example" }, kraken, "https://proxy.example/"],
    ["speaks http if it does not say so", { HTTPS_PROXY: "proxy.example:3128" }, kraken, "http://proxy.example:3128/"],
    ["is not used for hosts of NO_PROXY", { HTTPS_PROXY: "http://a", NO_PROXY: "x, .kraken.com" }, kraken, undefined],
    [
      "is not used below a domain of NO_PROXY",
      { HTTPS_PROXY: "http://a", NO_PROXY: "x,Kraken.com" },
      kraken,
      undefined
    ],
    ["is used for a name with that ending", { HTTPS_PROXY: "http://a", NO_PROXY: "raken.com" }, kraken, "http://a/"],
    ["is used for others", { HTTPS_PROXY: "http://a", no_proxy: "kraken.com.example" }, kraken, "http://a/"],
    ["is never used for this machine", { HTTPS_PROXY: "http://a" }, "http://127.0.0.1:4000", undefined],
    ["is never used for this machine over https", { ALL_PROXY: "http://a" }, "https://[::1]:4000", undefined]
  ])("%s", ([, variables, url, expected]) =>
    Effect.gen(function* () {
      yield* withEnv(variables)
      assert.strictEqual((yield* findProxy(url))?.url.href, expected)
    })
  )

  it.scoped.each(["socks5://user:hush@proxy.example", "http://", "http://user:h%ush@proxy.example"])(
    "is refused in words that hold no password: %s",
    (HTTPS_PROXY) =>
      Effect.gen(function* () {
        yield* withEnv({ HTTPS_PROXY })
        const error = yield* Effect.flip(findProxy(kraken))
        assert.deepInclude(error, { _tag: "ProxyUnusable", variable: "HTTPS_PROXY" })
        for (const secret of ["hush", "h%ush"]) assert.notInclude(error.message, secret)
      })
  )
})

const listen = (server: Server) =>
  Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () => Effect.sync(() => server.closeAllConnections())
  )

/** A server for https with a certificate of its own, which Node is told to accept. */
const makeKraken = (answer: RequestListener) =>
  Effect.gen(function* () {
    yield* withEnv({ NODE_TLS_REJECT_UNAUTHORIZED: "0" })
    const folder = yield* temporaryFolder
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")]
    const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=kraken.test"]
    execFileSync("openssl", [...made, "-keyout", key, "-out", cert], { stdio: "ignore" })
    return yield* listen(createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, answer))
  })

/** A proxy that leads every tunnel to `port`, or refuses it with `status`. */
const makeProxy = (port: number, status = 200) =>
  Effect.gen(function* () {
    const tunnels: Array<{ readonly to: string | undefined; readonly authorization: string | undefined }> = []
    const seen: Array<string> = []
    const server = createServer()
    server.on("connect", (request, client) => {
      tunnels.push({ to: request.url, authorization: request.headers["proxy-authorization"] })
      if (status !== 200) return client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 2\r\n\r\nNo`)
      const upstream = connect(port, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n")
        client.on("data", (bytes: Buffer) => void seen.push(bytes.toString("latin1")))
        client.pipe(upstream).pipe(client)
      })
      client.on("error", () => upstream.destroy())
      upstream.on("error", () => client.destroy())
    })
    return { port: yield* listen(server), tunnels, seen }
  })

const secret = Buffer.alloc(64, "kraken").toString("base64")

/** Provides a client of the host kraken.test, which no name server knows, and collects the log. */
const client = (log: Array<unknown> = []) =>
  KrakenClientHttp.pipe(
    Layer.provide([HttpClientThroughProxy, NonceSourceMemory, RateBudgetOff]),
    Layer.provide(
      TestConfig({
        baseUrl: "https://kraken.test",
        credentials: Option.some({ key: Redacted.make("the+key"), secret: Redacted.make(secret), otp: Option.none() })
      })
    ),
    Layer.merge(Operated),
    Layer.provide(
      Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => void log.push(message))
      )
    )
  )

const order = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.10", price: "50000" }

describe("calls through a proxy", () => {
  it.scopedLive("go through one tunnel to Kraken, of which the proxy sees no key", () =>
    Effect.gen(function* () {
      const asked: Array<string | undefined> = []
      const port = yield* makeKraken((request, response) => {
        asked.push(String(request.headers["api-key"]))
        response.end('{"error":[],"result":{"unixtime":1}}')
      })
      const proxy = yield* makeProxy(port)
      yield* withEnv({ HTTPS_PROXY: `http://me:h%40sh@127.0.0.1:${proxy.port}` })
      const log: Array<unknown> = []
      yield* Effect.gen(function* () {
        const kraken = yield* KrakenClient
        for (let i = 0; i < 3; i++) yield* kraken.read("private/Balance", {})
      }).pipe(Effect.provide(client(log)))
      assert.deepStrictEqual(asked, ["the+key", "the+key", "the+key"])
      const authorization = `Basic ${Buffer.from("me:h@sh").toString("base64")}`
      assert.deepStrictEqual(proxy.tunnels, [{ to: "kraken.test:443", authorization }])
      assert.notInclude(proxy.seen.join(""), "the+key")
      assert.include(JSON.stringify(log), `127.0.0.1:${proxy.port}`)
      for (const part of ["h%40sh", "h@sh"]) assert.notInclude(JSON.stringify(log), part)
    })
  )

  it.scopedLive("check Kraken's certificate, and send nothing to another server", () =>
    Effect.gen(function* () {
      const asked: Array<string | undefined> = []
      const port = yield* makeKraken((request, response) => {
        asked.push(request.url)
        response.end()
      })
      const proxy = yield* makeProxy(port)
      yield* withEnv({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NODE_TLS_REJECT_UNAUTHORIZED: "1" })
      const error = yield* Effect.flip(
        Effect.flatMap(KrakenClient, (kraken) => kraken.write("private/AddOrder", order)).pipe(Effect.provide(client()))
      )
      assert.deepInclude(error, { _tag: "KrakenUnavailable" })
      assert.deepStrictEqual(asked, [])
    })
  )

  it.scopedLive.each([407, 403, 502])("that the proxy refuses with %s were definitely not sent", (status) =>
    Effect.gen(function* () {
      const proxy = yield* makeProxy(0, status)
      yield* withEnv({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` })
      const error = yield* Effect.flip(
        Effect.flatMap(KrakenClient, (kraken) => kraken.write("private/AddOrder", order)).pipe(Effect.provide(client()))
      )
      assert.deepInclude(error, { _tag: "KrakenUnavailable" })
      assert.include(error.message, `HTTP ${status}`)
    })
  )

  it.scopedLive("to a proxy that is not there were definitely not sent", () =>
    Effect.gen(function* () {
      yield* withEnv({ HTTPS_PROXY: "http://127.0.0.1:1" })
      const error = yield* Effect.flip(
        Effect.flatMap(KrakenClient, (kraken) => kraken.write("private/AddOrder", order)).pipe(Effect.provide(client()))
      )
      assert.deepInclude(error, { _tag: "KrakenUnavailable", reason: "no connection (ECONNREFUSED)" })
    })
  )
})
