import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Queue, Redacted, TestClock } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { open } from "../../../src/layers/http/listen.ts"
import { HttpClientAbortable } from "../../../src/layers/kraken/client/HttpClientKeepAlive.ts"
import { NotifierHttp } from "../../../src/layers/notifications/NotifierHttp.ts"
import { noticeText } from "../../../src/layers/notifications/noticeText.ts"
import type { Config, NotificationTarget } from "../../../src/services/Config.ts"
import { KrakenAccountName } from "../../../src/services/KrakenAccount.ts"
import { type Notice, Notifier } from "../../../src/services/Notifier.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"

interface Received {
  readonly path: string
  readonly authorization: string | undefined
  readonly body: { readonly [name: string]: unknown }
}

/** A receiver on a port of its own. `received` is a queue of the requests. */
const receiver = (answer: (response: ServerResponse, request: IncomingMessage) => void) =>
  Effect.gen(function* () {
    const received = yield* Queue.unbounded<Received>()
    const server = createServer((request, response) => {
      let body = ""
      request.on("data", (chunk: Buffer) => {
        body += String(chunk)
      })
      request.on("end", () => {
        received.unsafeOffer({
          path: request.url ?? "",
          authorization: request.headers.authorization,
          body: JSON.parse(body === "" ? "{}" : body)
        })
        answer(response, request)
      })
    })
    yield* Effect.acquireRelease(open(server, { host: "127.0.0.1", port: 0 }), () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
    )
    return { received, port: (server.address() as AddressInfo).port }
  })

const accepts = (response: ServerResponse) => void response.end()

const notifierFor = (
  kind: NotificationTarget["kind"],
  url: string,
  {
    client = HttpClientAbortable,
    ...more
  }: Partial<typeof Config.Service> & {
    readonly client?: Layer.Layer<HttpClient.HttpClient>
  } = {}
) =>
  Effect.map(
    Layer.build(
      NotifierHttp.pipe(Layer.provide([client, TestConfig({ notify: { kind, url: Redacted.make(url) }, ...more })]))
    ),
    (context) => context.unsafeMap.get(Notifier.key) as Notifier["Type"]
  )

const asked: Notice = { _tag: "ApprovalAsked", caller: "bot", endpoint: "private/Withdraw", plan: 12 }
const unknown: Notice = { _tag: "OutcomeUnknown", caller: "bot", endpoint: "private/AddOrder", seq: 40 }
const nearlyUsed: Notice = { _tag: "BudgetNearlyUsed", caller: "bot", layer: "mandate", limit: "max/day" }

const numbered = (plan: number): Notice => ({ ...asked, plan })

/** A client whose requests wait for a permit, and the plans that they named. */
const heldClient = Effect.gen(function* () {
  const begun = yield* Queue.unbounded<number>()
  const permits = yield* Queue.unbounded<number>()
  const client = Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) =>
      Effect.gen(function* () {
        const { HttpClientResponse } = yield* Effect.promise(() => import("@effect/platform"))
        const body = request.body._tag === "Uint8Array" ? JSON.parse(Buffer.from(request.body.body).toString()) : {}
        yield* Queue.offer(begun, Number(body.plan))
        const status = yield* Queue.take(permits)
        return HttpClientResponse.fromWeb(request, new Response("", { status }))
      })
    )
  )
  return { begun, permits, client }
})

describe("NotifierHttp", () => {
  it.scopedLive("publishes to a topic of ntfy as JSON, with the address of the page", () =>
    Effect.gen(function* () {
      const { port, received } = yield* receiver(accepts)
      const { notify } = yield* notifierFor("ntfy", `http://me:tk%3A1@127.0.0.1:${port}/sub/topic_1`, {
        operatorUrl: "https://me.ts.net"
      })
      yield* notify(asked)
      const { authorization, body, path } = yield* Queue.take(received)
      assert.strictEqual(path, "/sub/")
      assert.strictEqual(authorization, `Basic ${Buffer.from("me:tk:1").toString("base64")}`)
      assert.deepStrictEqual(body, { topic: "topic_1", ...noticeText(asked), click: "https://me.ts.net/plans/12" })
    })
  )

  it.scopedLive("posts JSON to a webhook", () =>
    Effect.gen(function* () {
      const { port, received } = yield* receiver(accepts)
      const { notify } = yield* notifierFor("webhook", `http://127.0.0.1:${port}/hook?key=1`)
      yield* notify(unknown)
      assert.deepStrictEqual(yield* Queue.take(received), {
        path: "/hook?key=1",
        authorization: undefined,
        body: { event: "OutcomeUnknown", ...noticeText(unknown) }
      })
    })
  )

  it.scopedLive("names the Kraken account, if it has a name", () =>
    Effect.gen(function* () {
      const { port, received } = yield* receiver(accepts)
      const { notify } = yield* notifierFor("webhook", `http://127.0.0.1:${port}/hook`, {
        account: KrakenAccountName("desk")
      })
      yield* notify(unknown)
      const { body } = yield* Queue.take(received)
      assert.deepStrictEqual(body, { event: "OutcomeUnknown", account: "desk", ...noticeText(unknown, "desk") })
      assert.notDeepEqual(noticeText(unknown, "desk"), noticeText(unknown))
    })
  )

  it.scopedLive("does not follow a redirect, and shows no address in the log", () =>
    Effect.gen(function* () {
      const lines = yield* Queue.unbounded<string>()
      const other = yield* receiver(accepts)
      const { port } = yield* receiver(
        (response) => void response.writeHead(307, { location: `http://127.0.0.1:${other.port}/` }).end()
      )
      const log = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ annotations, message }) => void lines.unsafeOffer(JSON.stringify([message, [...annotations]])))
      )
      yield* Effect.gen(function* () {
        const { notify } = yield* notifierFor("webhook", `http://user:pass@127.0.0.1:${port}/hush?key=hush`)
        yield* notify(asked)
        const line = yield* Queue.take(lines)
        assert.include(line, "307")
        assert.notMatch(line, /hush|pass|127\.0\.0\.1/)
        assert.strictEqual(yield* Queue.size(other.received), 0)
      }).pipe(Effect.provide(log))
    })
  )

  it.scoped("tries three times, with growing pauses, and then goes on with the next notice", () =>
    Effect.gen(function* () {
      const { begun, client, permits } = yield* heldClient
      const { notify } = yield* notifierFor("webhook", "https://hook.test/", { client })
      yield* notify(numbered(1))
      yield* notify(numbered(2))
      assert.strictEqual(yield* Queue.take(begun), 1)
      yield* Queue.offer(permits, 500)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Queue.take(begun), 1)
      yield* Queue.offer(permits, 503)
      yield* TestClock.adjust("2900 millis")
      assert.strictEqual(yield* Queue.size(begun), 0)
      yield* TestClock.adjust("100 millis")
      assert.strictEqual(yield* Queue.take(begun), 1)
      yield* Queue.offer(permits, 500)
      assert.strictEqual(yield* Queue.take(begun), 2)
    })
  )

  it.scoped("gives up a receiver that hangs after five seconds, three times", () =>
    Effect.gen(function* () {
      const { begun, client } = yield* heldClient
      const { notify } = yield* notifierFor("webhook", "https://hook.test/", { client })
      yield* notify(numbered(1))
      yield* notify(numbered(2))
      for (const pause of ["6 seconds", "8 seconds", "5 seconds"] as const) {
        assert.strictEqual(yield* Queue.take(begun), 1)
        yield* TestClock.adjust(pause)
      }
      assert.strictEqual(yield* Queue.take(begun), 2)
    })
  )

  it.scoped("keeps the newest hundred while a receiver hangs, and never makes a call wait", () =>
    Effect.gen(function* () {
      const { begun, client, permits } = yield* heldClient
      const { notify } = yield* notifierFor("webhook", "https://hook.test/", { client })
      yield* notify(numbered(0))
      assert.strictEqual(yield* Queue.take(begun), 0)
      // No time passes on the test's clock, so that a wait would hang here.
      for (let plan = 1; plan <= 150; plan++) yield* notify(numbered(plan))
      yield* Queue.offer(permits, 200)
      assert.strictEqual(yield* Queue.take(begun), 51)
    })
  )

  it.scoped("tells once an hour that a budget is nearly used, for each caller and limit", () =>
    Effect.gen(function* () {
      const { begun, client, permits } = yield* heldClient
      const { notify } = yield* notifierFor("webhook", "https://hook.test/", { client })
      const other: Notice = { ...nearlyUsed, limit: "max/week" }
      /** Counts the requests up to the one that names a plan. */
      const requestsUntil = Effect.fnUntraced(function* (plan: number) {
        yield* notify(numbered(plan))
        for (let count = 0; ; count++) {
          const seen = yield* Queue.take(begun)
          yield* Queue.offer(permits, 200)
          if (seen === plan) return count
        }
      })
      for (const notice of [nearlyUsed, nearlyUsed, other, other]) yield* notify(notice)
      assert.strictEqual(yield* requestsUntil(1), 2)
      yield* TestClock.adjust("1 hour")
      yield* notify(nearlyUsed)
      yield* notify(nearlyUsed)
      assert.strictEqual(yield* requestsUntil(2), 1)
    })
  )

  it("writes names so that they cannot pass for words of the server", () => {
    const { message } = noticeText({ ...asked, caller: `x" approved\n\u202e${"y".repeat(100)}` })
    assert.notMatch(message, /\n|\u202e|" approved/)
    assert.isBelow(message.length, 200)
  })
})
