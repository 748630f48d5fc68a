import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { connect, type Socket } from "node:net"
import { makeHouse, serveHttp } from "../../serve/Server.ts"

const raw = (port: number, text: string) =>
  Effect.acquireRelease(
    Effect.async<{ readonly socket: Socket; readonly answer: () => string }>((resume) => {
      let answer = ""
      const socket = connect(port, "127.0.0.1", () => {
        socket.write(text)
        resume(Effect.succeed({ socket, answer: () => answer }))
      })
      socket.on("data", (chunk: Buffer) => {
        answer += String(chunk)
      })
      socket.on("error", () => undefined)
    }),
    ({ socket }) => Effect.sync(() => socket.destroy())
  )

const closed = (socket: Socket) =>
  Effect.async<void>((resume) => {
    if (socket.closed) resume(Effect.void)
    else socket.once("close", () => resume(Effect.void))
  })

it.scopedLive("half-open, broken and endless connections don't keep others from being served", () =>
  Effect.gen(function* () {
    const { token, url } = yield* serveHttp(yield* makeHouse)
    const port = Number(new URL(url).port)
    // A hundred that never finish their headers.
    yield* Effect.all(
      Array.from({ length: 100 }, () => raw(port, "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")),
      { concurrency: "unbounded" }
    )
    const head = `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`
    // One that announces more bytes than it sends, and closes its half.
    const half = yield* raw(port, `${head}Content-Length: 1000\r\n\r\n{`)
    half.socket.end()
    yield* closed(half.socket)
    // Some that are not HTTP.
    for (const nonsense of [
      "\u0000\u0001\u0002\r\n\r\n",
      "GET\r\n\r\n",
      `${head}Content-Length: x\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`
    ]) {
      const { answer, socket } = yield* raw(port, nonsense)
      yield* closed(socket)
      assert.notMatch(answer(), /^HTTP\/1.1 5/)
    }
    const list = { jsonrpc: "2.0", id: 1, method: "tools/list" }
    const response = yield* Effect.promise(() =>
      fetch(url, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(list)
      })
    )
    assert.strictEqual(response.status, 200)
  })
)
