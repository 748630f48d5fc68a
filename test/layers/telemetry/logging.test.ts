import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Layer, LogLevel, Option, Redacted } from "effect"
import { sign } from "../../../src/domain/wire/signature.ts"
import { KrakenClientHttp } from "../../../src/layers/kraken/client/KrakenClientHttp.ts"
import { Logging } from "../../../src/layers/telemetry/logging.ts"
import { NonceSourceMemory } from "../../../src/layers/kraken/nonces/NonceSourceMemory.ts"
import { RateBudgetOff } from "../../../src/layers/kraken/rates/RateBudgetOff.ts"
import type { Config } from "../../../src/services/Config.ts"
import { KrakenClient } from "../../../src/services/KrakenClient.ts"
import { Secrets } from "../../../src/services/Secrets.ts"
import { inProcess } from "../../doubles/fake/InProcess.ts"
import { makeFakeKraken } from "../../doubles/FakeKraken.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"
import { Operated } from "../../doubles/TestPrincipal.ts"

const secret = Redacted.make(Buffer.alloc(64, "\u0007kraken\u00FF?>").toString("base64"))

const planted = {
  "the API key": "oWKpqX/d5vBmy0PLG6kKVz1JwGLRzk6sPgvUpnD3OT0M5hEGHdTN9bAZ",
  "the API secret": Redacted.value(secret),
  "the second factor": 'correct "horse" \\ 100% +1',
  "a signature": sign("/0/private/AddOrder", "1", "nonce=1", secret),
  "a bearer token": `mck_${"aB3-_".repeat(9).slice(0, 43)}`,
  "a WebSocket token that was handed out": "plain-and-short",
  "a WebSocket token that was not passed to Secrets": "1Dwc4lzSwNWOAwkMdqhssNNFhs1ed606d1WcF3XfEMw"
}

/** Runs with the log as configured and returns its lines. */
const lines = <E, R>(effect: Effect.Effect<unknown, E, R>, changes: Partial<typeof Config.Service> = {}) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const credentials = Option.some({
      key: Redacted.make(planted["the API key"]),
      secret,
      otp: Option.some(Redacted.make(planted["the second factor"]))
    })
    const log = Logging((line) => void lines.push(line))
    yield* Effect.provide(effect, Layer.provideMerge(log, TestConfig({ credentials, ...changes })))
    return lines
  })

it.effect("a line of the log is no event of a span, which could last as long as the server", () =>
  lines(
    Effect.gen(function* () {
      yield* Effect.logInfo("a line")
      const { attributes, events } = Object(yield* Effect.currentSpan)
      assert.deepStrictEqual([attributes.size, events], [0, []])
    }).pipe(Effect.withSpan("command"))
  )
)

const places: Record<string, (text: string) => Effect.Effect<unknown>> = {
  "a message": (text) => Effect.logInfo(`before ${text} after`),
  "one part of a message": (text) => Effect.logInfo("before", { in: [{ an: { object: text } }] }, "after"),
  "JSON in a message": (text) => Effect.logInfo("before", JSON.stringify({ body: JSON.stringify({ text }) }), "after"),
  "a form in a message": (text) => Effect.logInfo(`before ${String(new URLSearchParams({ text }))} after`),
  "an address in a message": (text) => Effect.logInfo(`before /mcp?x=${encodeURIComponent(text)} after`),
  "an annotation": (text) => Effect.annotateLogs(Effect.logInfo("before after"), { text }),
  "the name of an annotation": (text) => Effect.annotateLogs(Effect.logInfo("before after"), text, "text"),
  "a span": (text) => Effect.withLogSpan(Effect.logInfo("before after"), text),
  "an error": (text) => Effect.logError("before after", Cause.fail(new Error(text, { cause: new Error(text) }))),
  "a defect": (text) => Effect.logError("before after", Cause.die({ body: text }))
}

describe.each(["logfmt", "json"] as const)("Logging as %s", (logFormat) => {
  describe.each(Object.entries(planted))("shows stars for %s", (_, text) => {
    it.effect.each(Object.entries(places))("in %s", ([, log]) =>
      Effect.gen(function* () {
        const found = yield* lines(
          Effect.flatMap(Secrets, ({ add }) =>
            Effect.zipRight(add(planted["a WebSocket token that was handed out"]), log(text))
          ),
          { logFormat }
        )
        assert.lengthOf(found, 1)
        assert.include(found[0], "***")
        assert.match(found[0] ?? "", /before.*after/s)
        // No piece of 12 characters of the secret is in the line.
        for (let i = 0; i + 12 <= text.length; i++) assert.notInclude(found[0], text.slice(i, i + 12))
      })
    )
  })
})

describe.each(["logfmt", "json"] as const)("Logging as %s", (logFormat) => {
  it.effect.each(Object.entries(places))("writes one line without control characters for texts in %s", ([, log]) =>
    Effect.gen(function* () {
      const [line, ...others] = yield* lines(log("\u001b[31mred\u009b0m\r\n\u2028level=ERROR \u202etxt"), { logFormat })
      assert.deepStrictEqual(others, [])
      assert.match(line ?? "", /^[ -~]+$/)
      if (logFormat === "json") assert.isObject(JSON.parse(line ?? ""))
    })
  )
})

describe("Logging", () => {
  it.effect.each([
    ["GET /mcp?apikey=anything&x=1", "GET /mcp?apikey=***&x=1"],
    ['"APIKEY=any" other', '"APIKEY=***" other'],
    ["Authorization: Bearer abc, other", "Authorization: Bearer ***, other"],
    ["API-Key: abc API-Sign: def", "API-Key: *** API-Sign: ***"],
    ["nonce=1&otp=1234&pair=XBTUSD", "nonce=1&otp=***&pair=XBTUSD"],
    ['{\\"otp\\":\\"1234\\",\\"pair\\":\\"XBTUSD\\"}', '{\\"otp\\":\\"***\\",\\"pair\\":\\"XBTUSD\\"}']
  ])("reads %s as %s, whoever said it", ([text, shown]) =>
    Effect.gen(function* () {
      const found = yield* lines(Effect.logInfo(text), { credentials: Option.none(), logFormat: "json" })
      assert.strictEqual(JSON.parse(found[0] ?? "").message, shown)
    })
  )

  it.effect.each([
    "cl_ord_id 6d1b345e-2821-40e2-ad83-4ecb18a06876 txid OUF4EM-FRGI2-MQMWZD",
    `token c726be55215a of ${"0123456789abcdef".repeat(4)}`,
    "/usr/local/lib/node_modules/mcp-kraken/dist/chunk-PIHOXLFV.mjs:123:45",
    "/Users/somebody/Projects/2026/KrakenBots/mcp-kraken/data/tokens.db",
    "private/GetApiKeyInfo takes 0.12345678901234567890123456789012345678901234567890"
  ])("leaves %s as it is", (text) =>
    Effect.gen(function* () {
      assert.include((yield* lines(Effect.logInfo(text)))[0], text)
    })
  )

  it.effect("writes one line an event, from the configured level on", () =>
    Effect.gen(function* () {
      const effect = Effect.zipRight(Effect.logDebug("small"), Effect.logWarning("two\nlines"))
      const all = yield* lines(effect, { logLevel: LogLevel.Debug })
      assert.lengthOf(all, 2)
      assert.match(all[1] ?? "", /^timestamp=1970-01-01T00:00:00.000Z level=WARN fiber=#\d+ message="two\\nlines"$/)
      assert.lengthOf(yield* lines(effect, { logLevel: LogLevel.Warning }), 1)
    })
  )

  it.effect.each([
    { status: 200 },
    { path: '/mcp?a "b' },
    { "a name": "=" },
    { in: { an: [{ object: 1 }] } },
    { empty: "" },
    { none: undefined }
  ])("writes the fields of a message, such as %o, as annotations are written", (fields) =>
    Effect.gen(function* () {
      for (const logFormat of ["logfmt", "json"] as const) {
        const log = (effect: Effect.Effect<void>) =>
          Effect.map(lines(effect, { logFormat }), ([line]) => line?.replace(/#\d+/, "#"))
        const annotated = yield* log(Effect.annotateLogs(Effect.logInfo("told"), fields))
        assert.strictEqual(yield* log(Effect.logInfo("told", fields)), annotated)
      }
    })
  )

  it.effect("goes on after a line that can't be formatted", () =>
    Effect.gen(function* () {
      const broken = {
        get status(): number {
          throw new Error("planted")
        }
      }
      for (const logFormat of ["logfmt", "json"] as const) {
        const log = Effect.zipRight(Effect.logInfo("broken", broken), Effect.logInfo("next"))
        const found = yield* lines(log, { logFormat })
        assert.lengthOf(found, 2)
        assert.include(found[1], "next")
      }
    })
  )

  it.effect("hides a WebSocket token from the moment Kraken has handed it out", () =>
    Effect.gen(function* () {
      const fake = makeFakeKraken()
      const { key, secret } = fake.keys.full
      const token = "short-and-plain"
      fake.answer("private/GetWebSocketsToken", { token, expires: 900 })
      const client = KrakenClientHttp.pipe(
        Layer.provide([inProcess(fake), NonceSourceMemory, RateBudgetOff]),
        Layer.merge(Operated)
      )
      const call = Effect.gen(function* () {
        const kraken = yield* KrakenClient
        const result = yield* kraken.write("private/GetWebSocketsToken", {})
        assert.deepStrictEqual(result, { token, expires: 900 })
        yield* Effect.logInfo("handed out", result)
      })
      const credentials = Option.some({ key: Redacted.make(key), secret: Redacted.make(secret), otp: Option.none() })
      const found = (yield* lines(Effect.provide(call, client), { credentials })).join("\n")
      assert.include(found, "handed out")
      assert.notInclude(found, token)
    })
  )
})
