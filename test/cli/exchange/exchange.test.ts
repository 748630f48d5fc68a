import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { once } from "node:events"
import { WebSocket } from "ws"
import { makeCredentials } from "../../../src/layers/exchange/keys.ts"
import { freePort } from "../../freePort.ts"
import { makeCommandLine } from "../commandLine.ts"

interface Printed {
  readonly url: string
  readonly wsUrl: string
  readonly keys: ReadonlyArray<{ readonly name: string; readonly key: string; readonly secret: string }>
}

const names = ["full", "read-only", "trade", "no-permission", "expired", "otp", "windowed"]

const json = (url: string): Effect.Effect<ReturnType<typeof JSON.parse>> =>
  Effect.promise(() => fetch(url).then((response) => response.json()))

const secretOf = (seed: number | undefined, name: string) => Redacted.value(makeCredentials(seed)(name).secret)

describe("exchange", () => {
  it.scopedLive("prints the URL and keys as a line of JSON, serves them, and ends without an error", () =>
    Effect.gen(function* () {
      const { exchange } = yield* makeCommandLine
      const server = yield* exchange(["--port", "0", "--json", "--fault", "Time=busy"])
      const { keys, url, wsUrl }: Printed = JSON.parse(yield* server.printed("\n"))
      const socket = new WebSocket(`${wsUrl}/v2`)
      const [greeting] = yield* Effect.promise(() => once(socket, "message"))
      assert.deepInclude(JSON.parse(String(greeting)), { channel: "status" })
      socket.close()
      assert.deepStrictEqual(
        keys.map(({ name }) => name),
        names
      )
      for (const { key, secret } of keys) {
        assert.lengthOf(key, 56)
        assert.lengthOf(Buffer.from(secret, "base64"), 64)
      }
      assert.deepStrictEqual(yield* json(`${url}/0/public/Time`), { error: ["EService:Busy"] })
      assert.deepStrictEqual((yield* json(`${url}/0/public/Time`)).error, [])
      const { code, stderr, stdout } = yield* server.stop
      assert.deepStrictEqual({ code, lines: stdout.split("\n").length, stderr }, { code: 0, lines: 2, stderr: "" })
    })
  )

  it("makes random keys, or the same keys for the same seed", () => {
    const keys = (seed?: number) => names.map((name) => [makeCredentials(seed)(name).key, secretOf(seed, name)])
    assert.notDeepEqual(keys(), keys())
    assert.deepStrictEqual(keys(6), keys(6))
    assert.notDeepEqual(keys(6), keys(7))
    assert.strictEqual(new Set(keys(6).flat()).size, 14)
  })

  it.scopedLive("prints what it is and how to use it", () =>
    Effect.gen(function* () {
      const { exchange } = yield* makeCommandLine
      const port = yield* freePort
      const server = yield* exchange(["--port", String(port), "--seed", "3"])
      const told = yield* server.printed("/admin")
      for (const part of [`http://127.0.0.1:${port}`, "synthetic market (seed 3)"])
        assert.include(told.trim().split("\n", 1)[0], part)
      assert.match(told, /ws:\/\/127\.0\.0\.1:\d+\/v2 .*ws:\/\/127\.0\.0\.1:\d+\/auth\/v2 /)
      for (const name of names) {
        const { key } = makeCredentials(3)(name)
        assert.match(told, new RegExp(`^${name} +\\S{56}  \\S{88}  `, "m"))
        assert.include(told, `${key}  ${secretOf(3, name)}`)
      }
      assert.match(told, /KRAKEN_API_KEY=\S{56} KRAKEN_API_SECRET=\S{88} mcp-kraken serve/)
    })
  )

  it.scopedLive("explains in a sentence what it can't do", () =>
    Effect.gen(function* () {
      const { exchange, run } = yield* makeCommandLine
      const server = yield* exchange(["--port", "0", "--json"])
      const { url }: Printed = JSON.parse(yield* server.printed("\n"))
      const { port } = new URL(url)
      const second = yield* run(["exchange", "--port", port])
      assert.deepInclude(second, { code: 1, stdout: "" })
      assert.match(second.stderr, new RegExp(`^[^\\n]*\\b127\\.0\\.0\\.1:${port}\\b[^\\n]*\\n$`))
      const usage: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
        [["--port", "70000"], "--port: expected a port from 0 to 65535"],
        [["--ws-port", "70000"], "--ws-port: expected a port from 0 to 65535"],
        [["--fault", "book=delay"], "--fault: delay is no fault"],
        [["--fault", "AddOrder=boom"], "--fault: boom is no fault"]
      ]
      for (const [args, told] of usage) {
        const { code, stderr, stdout } = yield* run(["exchange", ...args])
        assert.include(stderr, told)
        assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
      }
    })
  )
})
