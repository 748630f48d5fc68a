import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createServer, type ServerResponse } from "node:http"
import { type AddressInfo } from "node:net"
import { HttpClientKeepAlive } from "../../../../src/layers/kraken/client/HttpClientKeepAlive.ts"
import { makeTransport } from "../../../../src/layers/kraken/client/transport.ts"

const mebibyte = 1024 * 1024

/** Serves a body without a length, in parts of a mebibyte, until the caller hangs up. `sent` counts the parts. */
const serving = (parts: number, headers: Record<string, string> = {}) =>
  Effect.gen(function* () {
    const state = { sent: 0 }
    const write = (response: ServerResponse): void => {
      if (response.destroyed) return
      if (state.sent === parts) return void response.end()
      response.write(Buffer.alloc(mebibyte, ++state.sent % 256), () => write(response))
    }
    const server = createServer((_, response) => write(response.writeHead(200, headers)))
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
    const { port } = server.address() as AddressInfo
    return { state, request: HttpClientRequest.get(`http://127.0.0.1:${port}/0/public/AssetPairs`) }
  })

const send = (request: HttpClientRequest.HttpClientRequest, isLong = true) =>
  Effect.flatMap(makeTransport, (transport) => transport.send(request, 30_000, { isLong })).pipe(
    Effect.provide(HttpClientKeepAlive)
  )

describe("an answer of Kraken's", () => {
  it.scopedLive("is read whole if it is long and comes in parts", () =>
    Effect.gen(function* () {
      const { request } = yield* serving(3)
      const { body } = yield* send(request)
      assert.strictEqual(body.length, 3 * mebibyte)
      assert.deepStrictEqual([body[0], body[mebibyte], body[3 * mebibyte - 1]], [1, 2, 3])
    })
  )

  it.scopedLive.each([{}, { "content-length": String(1000 * mebibyte) }])(
    "is cut off above 64 MiB, and is not asked for again: %o",
    (headers) =>
      Effect.gen(function* () {
        const { request, state } = yield* serving(1000, headers)
        const error = yield* Effect.flip(send(request))
        assert.deepInclude(error, { _tag: "NoAnswer", retry: false, sent: true })
        assert.match(error.reason, /64 MiB/)
        assert.isBelow(state.sent, 100)
      })
  )

  it.scopedLive("is cut off above 8 MiB if it is no list and no file", () =>
    Effect.gen(function* () {
      const whole = yield* serving(7)
      assert.strictEqual((yield* send(whole.request, false)).body.length, 7 * mebibyte)
      const { request, state } = yield* serving(1000)
      const error = yield* Effect.flip(send(request, false))
      assert.deepInclude(error, { _tag: "NoAnswer", retry: false, sent: true })
      assert.match(error.reason, / 8 MiB/)
      assert.isBelow(state.sent, 50)
    })
  )
})
