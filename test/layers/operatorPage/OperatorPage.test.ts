import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Option, Redacted, TestClock } from "effect"
import { recordKeyOf } from "../../../src/layers/access/record/recordKey.ts"
import { KrakenAccountName } from "../../../src/services/KrakenAccount.ts"
import { makePair } from "../../cli/doctor/healthyHome.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"
import { agent, type Answer, call, logIn, makeReadyWorld, makeWorld, passphrase, type World } from "./world.ts"

const wrong = (world: World) => call(world, "/log-in", { form: { passphrase: "guess" } })

/** The text of an element that tells of a problem. */
const alertIn = ({ text }: Answer) => /role="alert">([^<]*)</.exec(text)?.[1]?.trim()

describe("the page for approvals", () => {
  it.scoped("sends what a person approves, once, and says what became of it", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask()
      const session = yield* logIn(world)
      const answered = yield* session.answer(plan, "yes")
      assert.strictEqual(answered.status, 303)
      assert.strictEqual(answered.headers.location, `${session.folder}/plans/${plan}`)
      assert.deepStrictEqual(yield* world.state(plan), { _tag: "Approved", channel: "page" })
      assert.include((yield* session.read(`/plans/${plan}`)).text, `http-equiv="refresh"`)
      const intent = yield* world.begin(plan)
      assert.include((yield* session.read(`/plans/${plan}`)).text, `http-equiv="refresh"`)
      yield* world.end(intent)
      const { text } = yield* session.read(`/plans/${plan}`)
      assert.include(text, "FTQcuak-V6Za8qrWnhzTx67yYHz8Tg")
      assert.notInclude(text, `http-equiv="refresh"`)
      assert.notInclude(text, `name="answer"`)
    })
  )

  it.scoped("sends nothing that a person denies, and can freeze the caller", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const [first, second] = [yield* world.ask(), yield* world.ask({ said: "again" })]
      const session = yield* logIn(world)
      yield* session.answer(first, "no")
      assert.deepStrictEqual(yield* world.state(first), { _tag: "Denied", channel: "page" })
      assert.isFalse(yield* world.isFrozen)
      yield* session.answer(second, "freeze")
      assert.deepStrictEqual(yield* world.state(second), { _tag: "Denied", channel: "page" })
      assert.isTrue(yield* world.isFrozen)
    })
  )

  it.scoped("lists what waits and what was answered", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const session = yield* logIn(world)
      const [first, second] = [yield* world.ask(), yield* world.ask({ said: "again" })]
      yield* session.answer(first, "no")
      const { text } = yield* session.read("/")
      assert.isBelow(text.indexOf(`/plans/${second}"`), text.indexOf(`/plans/${first}"`))
    })
  )

  it.scoped("names the Kraken account of what waits, if accounts have names", () =>
    Effect.gen(function* () {
      const credentials = Option.some({
        key: Redacted.make("desk-key"),
        secret: Redacted.make("secret"),
        otp: Option.none()
      })
      const accounts = [{ name: KrakenAccountName("desk"), credentials, tier: "starter" as const }]
      const world = yield* makeReadyWorld({ accounts })
      const session = yield* logIn(world)
      const plan = yield* world.ask({ key: recordKeyOf({ credentials, mode: "live" }) })
      for (const path of ["/", `/plans/${plan}`]) assert.include((yield* session.read(path)).text, "<bdi>desk</bdi>")
      yield* session.answer(plan, "no")
      assert.deepStrictEqual(yield* world.state(plan), { _tag: "Denied", channel: "page" })
    })
  )

  it.scoped("approves nothing whose time has passed", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const session = yield* logIn(world)
      const plan = yield* world.ask()
      const page = yield* session.read(`/plans/${plan}`)
      assert.include(page.text, `name="answer"`)
      const shown = /name="shown"\s+value="(\w+)"/.exec(page.text)?.[1] ?? ""
      yield* TestClock.adjust("10 minutes")
      assert.notInclude((yield* session.read(`/plans/${plan}`)).text, `name="answer"`)
      const answered = yield* session.answer(plan, "yes", { form: { shown } })
      assert.strictEqual(answered.status, 409)
      assert.isDefined(alertIn(answered))
      assert.deepStrictEqual(yield* world.state(plan), { _tag: "Expired" })
    })
  )

  it.scoped("approves nothing for a frozen caller", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const session = yield* logIn(world)
      yield* world.freeze
      const plan = yield* world.ask()
      const answered = yield* session.answer(plan, "yes")
      assert.strictEqual(answered.status, 409)
      assert.deepStrictEqual(yield* world.state(plan), { _tag: "Open" })
    })
  )

  it.scoped("answers what was shown and nothing else: not another plan of the same number", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const session = yield* logIn(world)
      const [first, second] = [yield* world.ask(), yield* world.ask({ request: { amount: "100" } })]
      const { text } = yield* session.read(`/plans/${first}`)
      const shown = /name="shown"\s+value="(\w+)"/.exec(text)?.[1] ?? ""
      assert.strictEqual((yield* session.answer(second, "yes", { form: { shown } })).status, 404)
      assert.deepStrictEqual(yield* world.state(second), { _tag: "Open" })
    })
  )

  it.scoped("answers once, in two tabs at once", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const session = yield* logIn(world)
      const plan = yield* world.ask()
      const { text } = yield* session.read(`/plans/${plan}`)
      const form = { shown: /name="shown"\s+value="(\w+)"/.exec(text)?.[1] ?? "" }
      const statuses = yield* Effect.all(
        [session.answer(plan, "yes", { form }), session.answer(plan, "yes", { form })],
        {
          concurrency: "unbounded"
        }
      )
      assert.sameMembers(
        statuses.map(({ status }) => status),
        [303, 409]
      )
      // The other answer comes too late, and does not change the first one.
      assert.strictEqual((yield* session.answer(plan, "no", { form })).status, 409)
      assert.deepStrictEqual(yield* world.state(plan), { _tag: "Approved", channel: "page" })
    })
  )

  it.scoped("marks the agent's words as such, and shows no character of them that would act", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask({
        actor: { id: agent.id, name: `<img src=x onerror="alert(1)">` },
        said: `</blockquote><script>alert(1)</script>\u202e gnp.exe \u001b[2J\n<form action="//evil">`,
        request: { asset: "XXBT", key: `"><b>`, amount: "1", "<i>": "&amp;" }
      })
      const session = yield* logIn(world)
      const { text } = yield* session.read(`/plans/${plan}`)
      assert.notMatch(text, /<(?:script|img|b|i)\b|evil"/)
      assert.notInclude(text, "\u202e")
      assert.notInclude(text, "\u001b")
      assert.include(text, "\\u202e gnp.exe \\u001b[2J\\n")
      assert.match(text, /<figcaption>[^<]*agent[^<]*<\/figcaption>/)
    })
  )
})

describe("the page at an address of its own", () => {
  /** Logs in and approves a plan. */
  const approved = Effect.fnUntraced(function* (world: World) {
    const plan = yield* world.ask()
    const session = yield* logIn(world)
    assert.strictEqual((yield* session.answer(plan, "yes")).status, 303)
    assert.deepStrictEqual(yield* world.state(plan), { _tag: "Approved", channel: "page" })
  })

  it.scoped("works over TLS, with a cookie that is sent over TLS only", () =>
    Effect.gen(function* () {
      const pair = makePair(yield* temporaryFolder, "page")
      const operator = { host: "0.0.0.0", port: 0 }
      const world = yield* makeReadyWorld({ operator, tls: Option.some(pair), operatorUrl: "https://127.0.0.1" })
      const { headers } = yield* call(world, "/log-in", { form: { passphrase } })
      assert.include(headers["set-cookie"]?.[0], "Secure")
      yield* approved(world)
      const plain = yield* Effect.exit(call({ ...world, certificate: undefined }, "/log-in"))
      assert.isTrue(Exit.isFailure(plain))
    })
  )

  it.scoped("works over IPv6, and refuses other hosts there, too", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld({ operator: { host: "::1", port: 0 } })
      assert.strictEqual(world.host, "[::1]")
      yield* approved(world)
      const other = yield* call(world, "/log-in", { headers: { host: "evil.example" } })
      assert.include([403, 421], other.status)
    })
  )
})

describe("the log-in", () => {
  it.scoped("takes the passphrase and nothing else", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const refused = yield* wrong(world)
      assert.strictEqual(refused.status, 403)
      assert.isUndefined(refused.headers["set-cookie"])
      assert.isTrue(world.lines.some((line) => line.includes("passphrase")))
      assert.isFalse(world.lines.some((line) => line.includes("guess")))
      assert.strictEqual((yield* call(world, "/log-in", { form: {} })).status, 403)
      assert.strictEqual((yield* call(world, "/log-in", { form: { passphrase } })).status, 303)
    })
  )

  it.scoped("goes on to the plan that a notification named", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask()
      const { text } = yield* call(world, `/plans/${plan}`)
      assert.include(text, `name="plan" value="${plan}"`)
      // Before the log-in, nothing is told of a plan.
      assert.notInclude(text, "cold wallet")
      assert.strictEqual((yield* call(world, "/plans/999")).text, text.replaceAll(`"${plan}"`, `"999"`))
      const { headers } = yield* call(world, "/log-in", { form: { passphrase, plan: String(plan) } })
      assert.match(headers.location ?? "", new RegExp(`^/s/[\\w-]{32}/plans/${plan}$`))
      const elsewhere = yield* call(world, "/log-in", { form: { passphrase, plan: "//evil.test" } })
      assert.match(elsewhere.headers.location ?? "", /^\/s\/[\w-]{32}\/$/)
    })
  )

  it.scoped("closes for a while after five wrong passphrases, for the right one too, and not for a session", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask()
      const session = yield* logIn(world)
      for (let n = 0; n < 5; n++) assert.strictEqual((yield* wrong(world)).status, 403)
      const closed = yield* call(world, "/log-in", { form: { passphrase } })
      assert.strictEqual(closed.status, 429)
      assert.strictEqual(closed.headers["retry-after"], "60")
      assert.strictEqual((yield* session.answer(plan, "yes")).status, 303)
      yield* TestClock.adjust("1 minute")
      // Each further wrong one doubles the wait.
      assert.strictEqual((yield* wrong(world)).status, 403)
      assert.strictEqual((yield* call(world, "/log-in", { form: { passphrase } })).headers["retry-after"], "120")
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* call(world, "/log-in", { form: { passphrase } })).status, 303)
      assert.strictEqual((yield* wrong(world)).status, 403)
      assert.strictEqual((yield* call(world, "/log-in", { form: { passphrase } })).status, 303)
    })
  )

  it.scoped("checks one passphrase at a time, and lets few wait", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const answers = yield* Effect.all(
        Array.from({ length: 12 }, () => wrong(world)),
        { concurrency: "unbounded" }
      )
      const checked = answers.filter(({ status }) => status === 403)
      assert.isAtMost(checked.length, 5)
      assert.isTrue(answers.every(({ status }) => status === 403 || status === 429))
    })
  )

  it.scoped("is impossible before an operator secret is set, and names no command", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      for (const answer of [yield* call(world, "/"), yield* call(world, "/log-in", { form: { passphrase: "" } })]) {
        assert.strictEqual(answer.status, 503)
        assert.include(answer.text, "docs/authority.md")
        assert.notInclude(answer.text, "operator init")
      }
    })
  )
})

describe("a session", () => {
  it.scoped("ends after half an hour without a request, and after twelve hours", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const idle = yield* logIn(world)
      yield* TestClock.adjust("29 minutes")
      assert.strictEqual((yield* idle.read("/")).status, 200)
      yield* TestClock.adjust("30 minutes")
      assert.strictEqual((yield* idle.read("/")).status, 403)
      const busy = yield* logIn(world)
      for (let n = 0; n < 36; n++) {
        assert.strictEqual((yield* busy.read("/")).status, 200)
        yield* TestClock.adjust("20 minutes")
      }
      assert.strictEqual((yield* busy.read("/")).status, 403)
    })
  )

  it.scoped("ends with the log-out, after which its forms do nothing", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask()
      const { answer, cookie, csrf, folder, read } = yield* logIn(world)
      const { text } = yield* read(`/plans/${plan}`)
      const shown = /name="shown"\s+value="(\w+)"/.exec(text)?.[1] ?? ""
      yield* call(world, `${folder}/log-out`, { headers: { cookie }, form: { csrf } })
      assert.strictEqual((yield* read("/")).status, 403)
      assert.strictEqual((yield* answer(plan, "yes", { form: { csrf, shown } })).status, 403)
      assert.deepStrictEqual(yield* world.state(plan), { _tag: "Open" })
    })
  )

  it.scoped("ends if the operator secret is changed", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask()
      const session = yield* logIn(world)
      yield* world.setPassphrase("another one")
      assert.strictEqual((yield* session.answer(plan, "yes", { form: { csrf: session.csrf } })).status, 403)
      assert.deepStrictEqual(yield* world.state(plan), { _tag: "Open" })
    })
  )

  it.scoped("has a cookie for its own folder only, which no script reads and no other site sends", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld({ operatorUrl: "https://me.ts.net" })
      const form = { passphrase }
      const attributesOf = ({ headers }: Answer) =>
        headers["set-cookie"]?.map((cookie) =>
          cookie
            .split("; ")
            .slice(1)
            .map((part) => part.replace(/\/s\/[\w-]{32}\//, "/s/…/"))
        )
      const plain = yield* call(world, "/log-in", { form })
      assert.deepStrictEqual(attributesOf(plain), [["Path=/s/…/", "HttpOnly", "SameSite=Strict"]])
      // Behind a tunnel, the browser sees https.
      const tunnelled = { host: "me.ts.net", origin: "https://me.ts.net" }
      assert.deepStrictEqual(attributesOf(yield* call(world, "/log-in", { form, headers: tunnelled })), [
        ["Path=/s/…/", "HttpOnly", "SameSite=Strict", "Secure"]
      ])
    })
  )

  it.scoped("is not found by its cookie in another folder, nor by its folder without the cookie", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const [one, other] = [yield* logIn(world), yield* logIn(world)]
      const read = (folder: string, cookie: string) => call(world, `${folder}/`, { headers: { cookie } })
      assert.strictEqual((yield* read(one.folder, one.cookie)).status, 200)
      assert.strictEqual((yield* read(one.folder, other.cookie)).status, 403)
      assert.strictEqual((yield* read(one.folder, "")).status, 403)
    })
  )
})

describe("a request that no form of the page makes", () => {
  it.scoped.each([
    ["without the token of the session", { form: { csrf: "" } }],
    ["with another token", { form: { csrf: "x".repeat(32) } }],
    ["from another site", { headers: { origin: "https://evil.test" } }],
    ["from another program of this machine", { headers: { origin: "http://127.0.0.1:1" } }],
    ["from a page without an origin", { headers: { origin: "null" } }],
    ["without an origin", { headers: { origin: "" } }],
    ["from a page that the browser calls another site", { headers: { "sec-fetch-site": "cross-site" } }],
    ["as JSON", { headers: { "content-type": "text/plain" } }],
    ["with a token of MCP", { headers: { authorization: "Bearer mck_token" } }],
    ["to a name that was pointed here", { headers: { host: "evil.test", origin: "http://evil.test" } }],
    ["without a cookie", { headers: { cookie: "" } }],
    ["without an answer", { form: { answer: "maybe" } }],
    ["that is too long", { form: { more: "x".repeat(20_000) } }]
  ] as const)("answers nothing %s", ([, changes]) =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask()
      const session = yield* logIn(world)
      const { status } = yield* session.answer(plan, "yes", changes)
      assert.isAtLeast(status, 400)
      assert.isBelow(status, 500)
      assert.deepStrictEqual(yield* world.state(plan), { _tag: "Open" })
      assert.strictEqual((yield* session.answer(plan, "yes")).status, 303)
    })
  )

  it.scoped("is refused before anything is read: other hosts, tokens, frames and methods", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld({ operatorUrl: "https://me.ts.net" })
      const status = (headers: { readonly [name: string]: string }, method = "GET") =>
        Effect.map(call(world, "/", { headers, method }), ({ status }) => status)
      assert.strictEqual(yield* status({ host: "evil.test" }), 403)
      assert.strictEqual(yield* status({ host: `evil.test:${world.port}` }), 403)
      assert.strictEqual(yield* status({ host: "me.ts.net" }), 200)
      assert.strictEqual(yield* status({ host: `localhost:${world.port}` }), 200)
      assert.strictEqual(yield* status({ authorization: "Bearer mck_token" }), 403)
      assert.strictEqual(yield* status({ "sec-fetch-dest": "iframe" }), 403)
      assert.strictEqual(yield* status({}, "PUT"), 405)
    })
  )

  it.scoped("gets headers that forbid frames, scripts and copies, with every answer", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask()
      const session = yield* logIn(world)
      const answers = [
        yield* call(world, "/"),
        yield* call(world, "/style.css"),
        yield* call(world, "/nothing"),
        yield* wrong(world),
        yield* call(world, "/", { headers: { host: "evil.test" } }),
        yield* session.read(`/plans/${plan}`),
        yield* session.answer(plan, "no")
      ]
      for (const { headers } of answers) {
        assert.strictEqual(
          headers["content-security-policy"],
          "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        )
        assert.strictEqual(headers["cache-control"], "no-store")
        assert.strictEqual(headers["x-frame-options"], "DENY")
        assert.strictEqual(headers["x-content-type-options"], "nosniff")
        assert.strictEqual(headers["referrer-policy"], "same-origin")
        assert.isUndefined(headers["access-control-allow-origin"])
      }
    })
  )
})
