import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { env } from "node:process"
import { openSocket } from "../../../../src/layers/kraken/feed/feedSocket.ts"
import { makeTestFeed } from "../../../doubles/TestFeed.ts"

/** Starts a server, and returns its port. */
const listen = (server: Server) =>
  Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () => Effect.sync(() => server.closeAllConnections())
  )

/** Sets the proxy until the scope ends. */
const withProxy = (address: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = env["https_proxy"]
      env["https_proxy"] = address
      return before
    }),
    (before) =>
      Effect.sync(() => {
        if (before === undefined) delete env["https_proxy"]
        else env["https_proxy"] = before
      })
  )

describe("the socket of a feed", () => {
  it.scoped("sends and receives text, and fails when the server ends it", () =>
    Effect.gen(function* () {
      const feed = yield* makeTestFeed()
      const received = yield* Deferred.make<string>()
      const socket = yield* openSocket(feed.url, (text) => Deferred.unsafeDone(received, Effect.succeed(text)))
      socket.send('{"method":"ping","req_id":1}')
      assert.strictEqual(yield* Deferred.await(received), '{"method":"pong","req_id":1}')
      feed.cut()
      assert.deepInclude(yield* Effect.flip(socket.ended), { _tag: "FeedDown", reason: "closed with code 1006" })
    })
  )

  it.scoped.each([
    [302, { location: "ws://127.0.0.1:1/" }],
    [503, {}]
  ] as const)("fails on HTTP %i, and follows no redirect", ([status, headers]) =>
    Effect.gen(function* () {
      const port = yield* listen(createServer((_, response) => response.writeHead(status, headers).end("secret text")))
      const down = yield* Effect.flip(openSocket(`ws://127.0.0.1:${port}/v2`, () => undefined))
      assert.deepInclude(down, { _tag: "FeedDown", reason: `HTTP ${status} instead of a WebSocket` })
    })
  )

  it.scoped("fails if nobody listens", () =>
    Effect.gen(function* () {
      const { url } = yield* Effect.scoped(makeTestFeed())
      const down = yield* Effect.flip(openSocket(url, () => undefined))
      assert.deepInclude(down, { _tag: "FeedDown", reason: "ECONNREFUSED" })
    })
  )

  it.scoped("goes through the proxy of the environment", () =>
    Effect.gen(function* () {
      const asked: Array<string | undefined> = []
      const proxy = createServer()
      proxy.on("connect", ({ headers, url }, socket) => {
        asked.push(url, headers["proxy-authorization"])
        socket.end("HTTP/1.1 403 Forbidden\r\n\r\n")
      })
      yield* withProxy(`http://user:hush@127.0.0.1:${yield* listen(proxy)}`)
      const down = yield* Effect.flip(openSocket("wss://ws.kraken.test/v2", () => undefined))
      assert.deepStrictEqual(asked, ["ws.kraken.test:443", `Basic ${Buffer.from("user:hush").toString("base64")}`])
      assert.strictEqual(down._tag, "FeedDown")
      assert.include(down.reason, "403")
      assert.notInclude(down.reason, "hush")
    })
  )
})
