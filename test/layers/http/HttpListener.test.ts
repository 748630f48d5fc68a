import { assert, describe, it } from "@effect/vitest"
import {
  Context,
  Deferred,
  Effect,
  Either,
  Exit,
  Fiber,
  Layer,
  Logger,
  Option,
  Queue,
  Redacted,
  Scope,
  TestClock
} from "effect"
import {
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  registerClient
} from "@modelcontextprotocol/sdk/client/auth.js"
import { InvalidRequestError } from "@modelcontextprotocol/sdk/server/auth/errors.js"
import { request as send } from "node:http"
import { connect, createServer } from "node:net"
import { networkInterfaces } from "node:os"
import { gzipSync } from "node:zlib"
import { budgetMandate } from "../../../src/domain/mandates/termDefaults.ts"
import { HttpListener, Listening } from "../../../src/layers/http/HttpListener.ts"
import { logfmt } from "../../../src/layers/telemetry/format.ts"
import {
  type McpHttpResponse,
  type McpHttpRequest,
  McpHttpHandler
} from "../../../src/layers/mcp/http/McpHttpHandler.ts"
import type { Config } from "../../../src/services/Config.ts"
import { Mandates } from "../../../src/services/Mandates.ts"
import type { Fault } from "../../../src/services/Readiness.ts"
import { RecordUnavailable } from "../../../src/services/Record.ts"
import { OpenWrites } from "../../../src/services/OpenWrites.ts"
import { type Token, TokenForPaper, TokenId, TokenStore, TokenStoreError } from "../../../src/services/TokenStore.ts"
import { freePort } from "../../freePort.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"
import { TestMandates } from "../../doubles/TestMandates.ts"
import { TestStatus } from "../../doubles/TestStatus.ts"

const good = "mck_good"
const paper = "mck_paper"

/** A server on its own port, with a handler of the test. `lines` is its whole log, `log` a queue of new lines. */
const serve = (options: {
  readonly config?: Partial<typeof Config.Service>
  readonly post?: (request: McpHttpRequest) => Effect.Effect<McpHttpResponse>
  readonly settled?: Effect.Effect<void>
  /** The result of verifying the valid token. */
  readonly verify?: () => Effect.Effect<boolean, TokenStoreError>
  /** The marks of the valid token. */
  readonly marks?: ReadonlyArray<string>
  readonly mandates?: Layer.Layer<Mandates>
  readonly faults?: Effect.Effect<ReadonlyArray<Fault>>
}) =>
  Effect.gen(function* () {
    const port = yield* freePort
    const lines: Array<string> = []
    const log = yield* Queue.unbounded<string>()
    const echo = ({
      body,
      principal: {
        caller: { _tag, id }
      }
    }: McpHttpRequest): Effect.Effect<McpHttpResponse> =>
      Effect.succeed({ _tag: "Json", status: 200, body: JSON.stringify({ body, caller: { _tag, id } }) })
    const layer = HttpListener.pipe(
      Layer.provide([
        TestConfig({ port, ...options.config }),
        Layer.succeed(McpHttpHandler, {
          post: options.post ?? echo,
          get: () => Effect.succeed({ _tag: "NoSession" }),
          end: () => Effect.succeed({ _tag: "NoSession" }),
          endListening: Effect.void
        }),
        options.mandates ?? TestMandates(),
        TestStatus(options.faults),
        Layer.succeed(OpenWrites, { settled: options.settled ?? Effect.void }),
        Layer.mock(TokenStore, {
          verify: (secret) =>
            Redacted.value(secret) === paper
              ? new TokenForPaper({ id: TokenId.make("ba9876543210") })
              : Effect.map(options.verify?.() ?? Effect.succeed(true), (isGood) =>
                  isGood && Redacted.value(secret) === good
                    ? Option.some({ id: TokenId.make("0123456789ab"), marks: options.marks ?? [] } as unknown as Token)
                    : Option.none()
                )
        }),
        Logger.replace(
          Logger.defaultLogger,
          Logger.map(logfmt, (line) => void (lines.push(line) && log.unsafeOffer(line)))
        )
      ])
    )
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    const { openRequests } = Context.get(yield* Layer.buildWithScope(layer, scope), Listening)
    return { url: `http://127.0.0.1:${port}`, port, lines, log, openRequests, stop: Scope.close(scope, Exit.void) }
  })

const call = (url: string, init: RequestInit = {}) =>
  Effect.gen(function* () {
    const headers = { "content-type": "application/json", ...init.headers }
    const body = init.method === "GET" ? null : "{}"
    const response = yield* Effect.promise(() => fetch(url, { method: "POST", body, ...init, headers }))
    const text = yield* Effect.promise(() => response.text())
    return { status: response.status, headers: response.headers, text }
  })

const bearer = { authorization: `Bearer ${good}` }

describe("HttpListener", () => {
  it.scopedLive("tells every client if it is ready, under any name, and bearers of a token why it is not", () =>
    Effect.gen(function* () {
      let faults: ReadonlyArray<Fault> = []
      const config = { allowedHosts: ["kraken.example.com"] }
      const { lines, url } = yield* serve({ config, faults: Effect.sync(() => faults) })
      assert.deepInclude(yield* call(`${url}/ready`, { method: "GET" }), { status: 200, text: '{"status":"ready"}' })
      faults = [
        { part: "database", reason: "The file /a is busy." },
        { part: "kraken", reason: "No answer." }
      ]
      const unready = '{"status":"unready","reason":"database"}'
      assert.deepInclude(yield* call(`${url}/ready`, { method: "GET" }), { status: 503, text: unready })
      assert.deepInclude(yield* call(`${url}/ready`, { method: "GET", headers: { authorization: "Bearer mck_no" } }), {
        status: 503,
        text: unready
      })
      const known = yield* call(`${url}/ready`, { method: "GET", headers: bearer })
      assert.deepStrictEqual(JSON.parse(known.text), { status: "unready", reason: "database", faults })
      assert.deepStrictEqual(lines, [])
    })
  )

  it.scopedLive("shows why it is not ready to nobody without authentication", () =>
    Effect.gen(function* () {
      const faults = Effect.succeed([{ part: "key", reason: "Kraken refused it." }] as const)
      const { url } = yield* serve({ config: { authDisabled: true }, faults })
      const { text } = yield* call(`${url}/ready`, { method: "GET", headers: bearer })
      assert.strictEqual(text, '{"status":"unready","reason":"key"}')
    })
  )

  it.scopedLive("serves metrics to bearers of a token, if the settings say so", () =>
    Effect.gen(function* () {
      const { lines, url } = yield* serve({ config: { metrics: "token" } })
      const answer = yield* call(`${url}/metrics`, { method: "GET", headers: bearer })
      assert.deepInclude(answer, { status: 200, text: "a_total 1\n" })
      assert.strictEqual(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8")
      assert.deepStrictEqual(lines, [])
      assert.deepInclude(yield* call(`${url}/metrics`, { method: "GET" }), { status: 401 })
      assert.deepInclude(yield* call(`${url}/metrics`, { headers: { ...bearer, origin: "https://evil.test" } }), {
        status: 403
      })
      assert.lengthOf(lines, 2)
      const off = yield* serve({})
      assert.deepInclude(yield* call(`${off.url}/metrics`, { method: "GET", headers: bearer }), { status: 404 })
      const own = yield* serve({ config: { metrics: { host: "127.0.0.1", port: 0 } } })
      assert.deepInclude(yield* call(`${own.url}/metrics`, { method: "GET", headers: bearer }), { status: 404 })
    })
  )

  it.scopedLive("answers the health check to every client, by any method", () =>
    Effect.gen(function* () {
      const { url } = yield* serve({ config: { allowedHosts: ["kraken.example.com"] } })
      for (const method of ["GET", "POST"]) {
        const answer = yield* call(`${url}/health`, { method, headers: { origin: "https://evil.example" } })
        assert.strictEqual(answer.status, 200)
        assert.strictEqual(answer.text, '{"status":"ok"}')
        assert.strictEqual(answer.headers.get("content-type"), "application/json")
        assert.strictEqual(answer.headers.get("content-length"), "15")
      }
    })
  )

  it.scopedLive("listens on both loopback addresses as localhost, until it stops", () =>
    Effect.gen(function* () {
      const { port, stop } = yield* serve({ config: { host: "localhost" } })
      const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
        addresses?.some(({ address }) => address === "::1")
      )
      const urls = ["127.0.0.1", ...(hasIpv6 ? ["[::1]"] : [])].map((host) => `http://${host}:${port}/mcp`)
      for (const url of urls) assert.strictEqual((yield* call(url, { headers: bearer })).status, 200, url)
      yield* stop
      for (const url of urls) assert.isTrue(Exit.isFailure(yield* Effect.exit(call(url, { headers: bearer }))), url)
    })
  )

  it.scopedLive("does not start as localhost if another program would get the requests of IPv6", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const other = createServer()
      const taken = yield* Effect.acquireRelease(
        Effect.async<boolean>((resume) => {
          other
            .once("error", () => resume(Effect.succeed(false)))
            .listen(port, "::1", () => resume(Effect.succeed(true)))
        }),
        () => Effect.sync(() => other.close())
      )
      const exit = yield* Effect.exit(serve({ config: { host: "localhost", port } }))
      assert.strictEqual(Exit.isFailure(exit), taken)
    })
  )

  it.scopedLive("serves the bearer of a token, with and without a slash at the end", () =>
    Effect.gen(function* () {
      const { url } = yield* serve({})
      for (const path of ["/mcp", "/mcp/"]) {
        const answer = yield* call(url + path, { headers: bearer, body: "[1]" })
        assert.deepStrictEqual(JSON.parse(answer.text), { body: "[1]", caller: { _tag: "Token", id: "0123456789ab" } })
      }
    })
  )

  it.scopedLive("explains how to authenticate, and why a token was refused", () =>
    Effect.gen(function* () {
      const { url } = yield* serve({})
      const none = yield* call(`${url}/mcp`)
      assert.strictEqual(none.status, 401)
      assert.strictEqual(none.headers.get("www-authenticate"), 'Bearer realm="mcp-kraken"')
      const bad = yield* call(`${url}/mcp`, { headers: { authorization: "Bearer mck_bad" } })
      assert.strictEqual(bad.status, 401)
      assert.include(bad.headers.get("www-authenticate"), 'error="invalid_token", error_description=')
      const empty = yield* call(`${url}/mcp?apikey=`)
      assert.strictEqual(empty.status, 401)
    })
  )

  it.scopedLive("tells a client that looks for OAuth to send a token, and looks like no OAuth server", () =>
    Effect.gen(function* () {
      const { url } = yield* serve({})
      const resource = yield* Effect.either(
        Effect.tryPromise(() => discoverOAuthProtectedResourceMetadata(`${url}/mcp`))
      )
      assert.isTrue(Either.isLeft(resource))
      assert.isUndefined(yield* Effect.promise(() => discoverAuthorizationServerMetadata(`${url}/mcp`)))
      assert.isUndefined(yield* Effect.promise(() => discoverAuthorizationServerMetadata(url)))
      const registration = yield* Effect.flip(
        Effect.tryPromise(() =>
          registerClient(url, { clientMetadata: { redirect_uris: ["http://localhost:3334/callback"] } })
        )
      )
      assert.instanceOf(registration.error, InvalidRequestError)
      assert.include(String(registration.error), "Authorization: Bearer mck_")
      for (const path of ["/authorize?client_id=x", "/token", "/mcp/token", "/mcp/.well-known/openid-configuration"]) {
        for (const method of ["GET", "POST"]) {
          const answer = yield* call(url + path, { method })
          assert.strictEqual(answer.status, 404)
          assert.hasAllKeys(JSON.parse(answer.text), ["error", "error_description"])
        }
      }
      const other = yield* call(`${url}/.well-known/security.txt`, { method: "GET" })
      assert.hasAllKeys(JSON.parse(other.text), ["jsonrpc", "id", "error"])
    })
  )

  it.scopedLive("tells the same to pages of a listed origin, which look for OAuth after a preflight", () =>
    Effect.gen(function* () {
      const { url } = yield* serve({ config: { allowedOrigins: ["https://app.example"] } })
      const preflight = (origin: string, path: string) =>
        call(url + path, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } })
      for (const path of ["/register", "/.well-known/oauth-protected-resource/mcp"]) {
        const { headers, status } = yield* preflight("https://app.example", path)
        assert.strictEqual(status, 204)
        assert.strictEqual(headers.get("access-control-allow-origin"), "https://app.example")
        assert.strictEqual((yield* preflight("http://localhost:3000", path)).status, 404)
        assert.strictEqual((yield* preflight("https://evil.example", path)).status, 403)
      }
      assert.strictEqual((yield* preflight("https://app.example", "/other")).status, 404)
    })
  )

  it.scopedLive("has no word of OAuth where it takes no token, and serves at a path that OAuth uses", () =>
    Effect.gen(function* () {
      const open = yield* serve({ config: { authDisabled: true } })
      assert.notInclude((yield* call(`${open.url}/register`)).text, "OAuth")
      const { url } = yield* serve({ config: { path: "/token" } })
      assert.strictEqual((yield* call(`${url}/token`, { headers: bearer })).status, 200)
      const root = yield* serve({ config: { path: "" } })
      assert.strictEqual((yield* call(`${root.url}/`, { headers: bearer })).status, 200)
      assert.include((yield* call(`${root.url}/register`)).text, "OAuth")
    })
  )

  it.scopedLive("throttles failures of an address, and never a valid token", () =>
    Effect.gen(function* () {
      const { url } = yield* serve({})
      const bad = { headers: { authorization: "Bearer mck_bad" } }
      for (let i = 0; i < 10; i++) assert.strictEqual((yield* call(`${url}/mcp`, bad)).status, 401)
      const slowed = yield* call(`${url}/mcp`, bad)
      assert.strictEqual(slowed.status, 429)
      assert.isAbove(Number(slowed.headers.get("retry-after")), 0)
      assert.strictEqual((yield* call(`${url}/mcp`, { headers: bearer })).status, 200)
    })
  )

  it.scopedLive("explains at every try why a paper token is refused, logs it once, and does not throttle it", () =>
    Effect.gen(function* () {
      const { lines, url } = yield* serve({})
      const trial = { headers: { authorization: `Bearer ${paper}` } }
      const words = /^This token was made for paper mode, and .* docs\/troubleshooting\.md$/
      for (let i = 0; i < 11; i++) {
        const { headers, status, text } = yield* call(`${url}/mcp`, trial)
        assert.strictEqual(status, 401)
        assert.match(JSON.parse(text).error.message, words)
        const parameters = /^Bearer realm="mcp-kraken", error="invalid_token", error_description="([^"\\]+)"$/
        assert.match(parameters.exec(headers.get("www-authenticate") ?? "")?.[1] ?? "", words)
      }
      const bad = { headers: { authorization: "Bearer mck_bad" } }
      assert.strictEqual((yield* call(`${url}/mcp`, bad)).status, 401)
      const [warnings, requests] = [
        lines.filter((line) => line.includes("level=WARN")),
        lines.filter((line) => line.includes("outcome=TokenForPaper"))
      ]
      assert.lengthOf(warnings, 1)
      assert.include(warnings[0], "ba9876543210")
      assert.include(warnings[0], "mcp-kraken token create NAME")
      assert.lengthOf(requests, 11)
      assert.match(requests[0] ?? "", /status=401 ms=\d+ caller=ba9876543210 outcome=TokenForPaper$/)
      assert.notInclude(lines.join("\n"), "mck_")
    })
  )

  it.scopedLive("accepts a token in the query, and never logs it", () =>
    Effect.gen(function* () {
      const { lines, url } = yield* serve({ config: { logFormat: "logfmt" } })
      assert.strictEqual((yield* call(`${url}/mcp?apikey=${good}&x=1`)).status, 200)
      yield* call(`${url}/mcp?apikey=&apikey=mck_second&apikey=mck_third`)
      yield* call(`${url}/mcp?apikey=mck_fourth`, { headers: bearer })
      for (const part of ["method=POST", 'path="/mcp?x=1"', "status=200", "ms="]) assert.include(lines[0], part)
      assert.notInclude(lines.join("\n"), "mck_")
    })
  )

  it.scopedLive(
    "logs each request in one line with its caller and fields, cancelled or not, and keeps nothing of it",
    () =>
      Effect.gen(function* () {
        const started = yield* Deferred.make<void>()
        const { lines, log, port, openRequests, url } = yield* serve({
          post: ({ addLogFields, body }) => {
            addLogFields({ tool: "a_tool", outcome: "ok" })
            return body === "[]"
              ? Effect.zipRight(Deferred.succeed(started, undefined), Effect.never)
              : Effect.succeed({ _tag: "Json", status: 200, body })
          }
        })
        yield* call(`${url}/mcp`, { headers: bearer })
        const facts = "caller=0123456789ab tool=a_tool outcome=ok"
        assert.match(yield* Queue.take(log), new RegExp(`method=POST path=/mcp status=200 ms=\\d+ ${facts}$`))
        const socket = connect(port, "127.0.0.1")
        socket.write(
          `POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${good}\r\n` +
            "content-type: application/json\r\ncontent-length: 2\r\n\r\n[]"
        )
        yield* Deferred.await(started)
        assert.strictEqual(openRequests(), 1)
        socket.destroy()
        assert.match(yield* Queue.take(log), new RegExp(`status=cancelled ms=\\d+ ${facts}$`))
        yield* call(`${url}/mcp`)
        assert.match(yield* Queue.take(log), /status=401 ms=\d+$/)
        assert.strictEqual(openRequests(), 0)
        assert.lengthOf(lines, 3)
      })
  )

  it.scopedLive("accepts every client of this machine, and only those, if authentication is off", () =>
    Effect.gen(function* () {
      const { url } = yield* serve({ config: { authDisabled: true } })
      assert.deepInclude(JSON.parse((yield* call(`${url}/mcp`)).text), { caller: { _tag: "Operator", id: "local" } })
      const foreign = yield* call(`${url}/mcp`, { headers: { origin: "https://evil.example" } })
      assert.strictEqual(foreign.status, 403)
      assert.include(foreign.text, "MCP_KRAKEN_ALLOWED_ORIGINS")
    })
  )

  it.scopedLive("allows only pages of listed origins to read answers", () =>
    Effect.gen(function* () {
      const { url } = yield* serve({ config: { allowedOrigins: ["https://app.example.com"] } })
      const from = (origin: string) => ({ ...bearer, origin, "access-control-request-method": "POST" })
      const page = from("https://app.example.com")
      const { authorization: _, ...asking } = page
      const asked = yield* call(`${url}/mcp`, { method: "OPTIONS", headers: asking })
      assert.strictEqual(asked.status, 204)
      assert.strictEqual(asked.headers.get("access-control-allow-headers"), "authorization, *")
      const refused = yield* call(`${url}/mcp`, { headers: { ...page, authorization: "Bearer mck_bad" } })
      for (const { headers } of [asked, refused, yield* call(`${url}/mcp`, { headers: page })]) {
        assert.strictEqual(headers.get("access-control-allow-origin"), "https://app.example.com")
        assert.strictEqual(headers.get("vary"), "origin")
      }
      for (const origin of ["http://localhost:6274", "https://evil.example", "null"]) {
        for (const method of ["OPTIONS", "POST"]) {
          const { headers, status } = yield* call(`${url}/mcp`, { method, headers: from(origin) })
          assert.isFalse(headers.has("access-control-allow-origin"))
          if (method === "OPTIONS") assert.isAbove(status, 399)
        }
      }
    })
  )

  it.scopedLive("answers everything else in JSON", () =>
    Effect.gen(function* () {
      const { url } = yield* serve({})
      const get = yield* call(`${url}/mcp`, { method: "GET", headers: bearer })
      assert.strictEqual(get.status, 405)
      assert.strictEqual(get.headers.get("allow"), "POST, GET, DELETE")
      assert.strictEqual((yield* call(`${url}/.well-known/oauth-protected-resource`)).status, 404)
      assert.strictEqual(
        (yield* call(`${url}/mcp`, { headers: { ...bearer, "content-type": "text/plain" } })).status,
        415
      )
      const packed = { ...bearer, "content-encoding": "gzip" }
      const compressed = yield* call(`${url}/mcp`, { headers: packed, body: gzipSync("{}") })
      assert.strictEqual(compressed.status, 415)
      assert.strictEqual(compressed.headers.get("accept-encoding"), "identity")
    })
  )

  it.scopedLive("refuses more than 4 MiB, announced or not, and its sender can read why", () =>
    Effect.gen(function* () {
      const { url } = yield* serve({})
      const large = "x".repeat(5 * 1024 * 1024)
      const announced = yield* call(`${url}/mcp`, { headers: bearer, body: large })
      assert.strictEqual(announced.status, 413)
      assert.strictEqual(announced.headers.get("connection"), "close")
      const chunked = yield* Effect.async<number>((resume) => {
        const headers = { ...bearer, "content-type": "application/json", "transfer-encoding": "chunked" }
        const request = send(`${url}/mcp`, { method: "POST", headers }, (response) => {
          response.resume()
          resume(Effect.succeed(response.statusCode ?? 0))
        })
        request.end(large)
      })
      assert.strictEqual(chunked, 413)
    })
  )

  it.scopedLive("streams events at once, and cancels the call of a client that disconnects", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const cancelled = yield* Deferred.make<void>()
      const endless = Effect.zipRight(Deferred.succeed(started, undefined), Effect.never)
      const { port, url } = yield* serve({
        post: ({ body, emit }) =>
          body === "events"
            ? Effect.as(
                Effect.sync(() => emit("data: 1\n\n")),
                { _tag: "Event", text: "data: 2\n\n" }
              )
            : Effect.onInterrupt(endless, () => Deferred.succeed(cancelled, undefined))
      })
      const events = yield* call(`${url}/mcp`, { headers: bearer, body: "events" })
      assert.strictEqual(events.headers.get("content-type"), "text/event-stream")
      assert.strictEqual(events.text, "data: 1\n\ndata: 2\n\n")
      const socket = connect(port, "127.0.0.1")
      socket.write(
        `POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${good}\r\n` +
          "content-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
      )
      yield* Deferred.await(started)
      socket.destroy()
      yield* Deferred.await(cancelled)
    })
  )

  it.scoped("also cancels calls that wait behind another on their connection, and stops without waiting for them", () =>
    Effect.gen(function* () {
      const started = yield* Queue.unbounded<string>()
      const cancelled = yield* Queue.unbounded<string>()
      const { port, openRequests, stop } = yield* serve({
        post: ({ body, emit }) =>
          Effect.sync(() => emit("data: 1\n\n")).pipe(
            Effect.zipRight(Queue.offer(started, body)),
            Effect.zipRight(Effect.never),
            Effect.onInterrupt(() => Queue.offer(cancelled, body))
          )
      })
      const socket = connect(port, "127.0.0.1")
      for (const body of ["1", "2", "3"]) {
        socket.write(
          `POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${good}\r\n` +
            `content-type: application/json\r\ncontent-length: 1\r\n\r\n${body}`
        )
      }
      yield* Queue.takeN(started, 3)
      socket.destroy()
      assert.sameMembers([...(yield* Queue.takeN(cancelled, 3))], ["1", "2", "3"])
      // The test clock stands still, so this ends only if the server waits for nothing.
      yield* stop
      assert.strictEqual(openRequests(), 0)
    })
  )

  it.scoped("keeps an idle stream open with comments", () =>
    Effect.gen(function* () {
      const opened = yield* Deferred.make<void>()
      const release = yield* Deferred.make<void>()
      const { url } = yield* serve({
        post: ({ emit }) =>
          Effect.sync(() => emit("data: 1\n\n")).pipe(
            Effect.zipRight(Deferred.succeed(opened, undefined)),
            Effect.zipRight(Deferred.await(release)),
            Effect.as({ _tag: "Event", text: "data: 2\n\n" })
          )
      })
      const events = yield* Effect.fork(call(`${url}/mcp`, { headers: bearer }))
      yield* Deferred.await(opened)
      yield* TestClock.adjust("31 seconds")
      yield* Deferred.succeed(release, undefined)
      const { text } = yield* Fiber.join(events)
      assert.strictEqual(text, "data: 1\n\n: keep-alive\n\n: keep-alive\n\ndata: 2\n\n")
    })
  )

  const refusals: ReadonlyArray<readonly [string, Effect.Effect<boolean, TokenStoreError>]> = [
    ["is revoked or expires", Effect.succeed(false)],
    ["can't be looked up", new TokenStoreError({ reason: "The token database can't be used.", cause: "locked" })]
  ]
  it.scoped.each(refusals)("ends an open stream within a minute when its token %s, and cancels its call", ([, end]) =>
    Effect.gen(function* () {
      const opened = yield* Deferred.make<void>()
      const cancelled = yield* Deferred.make<void>()
      let verified: Effect.Effect<boolean, TokenStoreError> = Effect.succeed(true)
      let looks = 0
      const { lines, url } = yield* serve({
        verify: () =>
          Effect.suspend(() => {
            looks++
            return verified
          }),
        post: ({ emit }) =>
          Effect.sync(() => emit("data: 1\n\n")).pipe(
            Effect.zipRight(Deferred.succeed(opened, undefined)),
            Effect.zipRight(Effect.never),
            Effect.onInterrupt(() => Deferred.succeed(cancelled, undefined))
          )
      })
      const events = yield* Effect.fork(call(`${url}/mcp`, { headers: bearer }))
      yield* Deferred.await(opened)
      yield* TestClock.adjust("10 minutes")
      assert.isAtLeast(looks, 10)
      assert.isTrue(Option.isNone(yield* Deferred.poll(cancelled)))
      verified = end
      yield* TestClock.adjust("1 minute")
      const { text } = yield* Fiber.join(events)
      assert.match(text, /^data: 1\n\n(: keep-alive\n\n)+$/)
      yield* Deferred.await(cancelled)
      const after = looks
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(looks, after)
      assert.isTrue(lines.some((line) => line.includes("status=cancelled") && line.includes("outcome=TokenRefused")))
    })
  )

  it.scoped("cuts calls that do not end within their grace period", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const { stop, url } = yield* serve({
        post: () => Effect.zipRight(Deferred.succeed(started, undefined), Effect.never)
      })
      const endless = yield* Effect.fork(
        Effect.promise(() =>
          fetch(`${url}/mcp`, {
            method: "POST",
            headers: { ...bearer, "content-type": "application/json" },
            body: "{}"
          }).then(
            () => "answered",
            () => "cut"
          )
        )
      )
      yield* Deferred.await(started)
      const stopping = yield* Effect.fork(stop)
      yield* TestClock.adjust("10 seconds")
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(stopping)
      assert.strictEqual(yield* Fiber.join(endless), "cut")
    })
  )

  it.scopedLive("stops in order: running calls get their answers, new ones are refused", () =>
    Effect.gen(function* () {
      const release = yield* Deferred.make<void>()
      const started = yield* Deferred.make<void>()
      const { stop, url } = yield* serve({
        post: () =>
          Deferred.succeed(started, undefined).pipe(
            Effect.zipRight(Deferred.await(release)),
            Effect.as({ _tag: "Json", status: 200, body: '"done"' })
          )
      })
      const under = yield* Effect.fork(call(`${url}/mcp`, { headers: bearer }))
      yield* Deferred.await(started)
      const stopping = yield* Effect.fork(stop)
      yield* Effect.sleep("20 millis")
      const late = yield* Effect.promise(() =>
        fetch(`${url}/mcp`).then(
          ({ status }) => status,
          () => "refused"
        )
      )
      assert.include([503, "refused"], late)
      yield* Deferred.succeed(release, undefined)
      assert.strictEqual((yield* Fiber.join(under)).text, '"done"')
      yield* Fiber.join(stopping)
    })
  )

  const terms = budgetMandate
  const told = (request: McpHttpRequest): Effect.Effect<McpHttpResponse> =>
    Effect.succeed({
      _tag: "Json",
      status: 200,
      body: JSON.stringify(Option.getOrNull(Option.map(request.principal.mandate, ({ subject }) => subject)))
    })

  it.scopedLive("provides the mandate of a token, whether or not the token is marked to have one", () =>
    Effect.gen(function* () {
      const mandates = TestMandates({ "0123456789ab": { subject: "first", revision: 3, terms } })
      for (const marks of [["mandate"], []]) {
        const { url } = yield* serve({ marks, mandates, post: told })
        assert.strictEqual((yield* call(`${url}/mcp`, { headers: bearer })).text, '"first"')
      }
      const { url } = yield* serve({ post: told })
      assert.strictEqual((yield* call(`${url}/mcp`, { headers: bearer })).text, "null")
    })
  )

  it.scopedLive("refuses a marked token without its mandate, tells why only in the log, and counts no guess", () =>
    Effect.gen(function* () {
      const unreadable = Layer.succeed(Mandates, {
        file: "authority.db",
        ofToken: () => new RecordUnavailable({ reason: "The database authority.db can't be opened: it is damaged." }),
        freezeSelf: () => Effect.die("not used")
      })
      for (const mandates of [TestMandates(), unreadable]) {
        const { lines, url } = yield* serve({ marks: ["mandate"], mandates })
        for (const _ of Array.from({ length: 12 })) {
          const { headers, status, text } = yield* call(`${url}/mcp`, { headers: bearer })
          assert.strictEqual(status, 401)
          assert.notInclude(text + headers.get("www-authenticate"), "authority.db")
        }
        assert.lengthOf(
          lines.filter((line) => line.includes("authority.db")),
          1
        )
      }
      const { lines, url } = yield* serve({ mandates: unreadable, post: told })
      for (const _ of [1, 2]) assert.strictEqual((yield* call(`${url}/mcp`, { headers: bearer })).text, "null")
      assert.lengthOf(
        lines.filter((line) => line.includes("authority.db")),
        1
      )
    })
  )

  it.scopedLive("gives callers without a token the mandate of the settings", () =>
    Effect.gen(function* () {
      const { url } = yield* serve({ config: { authDisabled: true, localMandate: Option.some(terms) }, post: told })
      assert.strictEqual((yield* call(`${url}/mcp`)).text, '"local"')
    })
  )
})
