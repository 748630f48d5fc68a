import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import type { Page } from "playwright-core"
import { open as listen } from "../../../src/layers/http/listen.ts"
import { inBrowser, isBrowserMissing, openBrowser, reboundName } from "../../browser.ts"
import { makeReadyWorld, passphrase, type World } from "./world.ts"

/** Runs a step of a browser. */
const step = <A>(run: () => Promise<A>) => Effect.promise(run)

/** Opens a window of a browser of its own. */
const newWindow = Effect.fnUntraced(function* (...options: Parameters<typeof windowOptions>) {
  const browser = yield* openBrowser
  const page = yield* browser.open(windowOptions(...options))
  page.setDefaultTimeout(20_000)
  return page
})

const windowOptions = (viewport = { width: 1000, height: 800 }) => ({ viewport })

/** Logs in by the form, at the address of a notification or at the page itself. */
const logIn = Effect.fnUntraced(function* (page: Page, { url }: World, plan?: number) {
  yield* step(() => page.goto(plan === undefined ? url : `${url}/plans/${plan}`))
  yield* step(() => page.getByLabel("Passphrase").fill(passphrase))
  yield* step(() => page.getByRole("button", { name: "Log in" }).click())
  yield* step(() => page.getByRole("button", { name: "Log out" }).waitFor())
})

const answer = (page: Page, name: string) => step(() => page.getByRole("button", { name, exact: true }).click())

const status = (page: Page) => step(() => page.getByRole("status").innerText())

/** A server of somebody else on this machine. `cookies` are those that it got. */
const stranger = Effect.fnUntraced(function* (html: (request: IncomingMessage) => string) {
  const cookies: Array<string | undefined> = []
  const server = createServer((request, response) => {
    cookies.push(request.headers.cookie)
    response.setHeader("content-type", "text/html")
    response.end(html(request))
  })
  yield* Effect.acquireRelease(listen(server, { host: "127.0.0.1", port: 0 }), () =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
  )
  return { cookies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
})

describe.skipIf(isBrowserMissing)(`the page for approvals ${inBrowser}`, () => {
  it.scopedLive("a person says yes, and the page tells what became of it, without a script", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask()
      const page = yield* newWindow()
      yield* logIn(page, world, plan)
      const shown = yield* step(() => page.getByRole("main").innerText())
      for (const fact of [
        "0.25",
        "cold wallet",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "24012.50",
        "0.0001 BTC",
        "1.5",
        "5987.50"
      ])
        assert.include(shown, fact)
      yield* answer(page, "Yes, once")
      assert.include(yield* status(page), "Approved on this page")
      assert.deepStrictEqual(yield* world.state(plan), { _tag: "Approved", channel: "page" })
      yield* world.end(yield* world.begin(plan))
      // The page loads itself again until the outcome is known.
      yield* step(() => page.getByText("FTQcuak-V6Za8qrWnhzTx67yYHz8Tg").waitFor())
      assert.include(yield* status(page), "carried out")
    })
  )

  it.scopedLive("a person says no", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask()
      const page = yield* newWindow()
      yield* logIn(page, world)
      yield* step(() => page.getByRole("link", { name: `Approval ${plan}` }).click())
      yield* answer(page, "No")
      assert.include(yield* status(page), "Denied on this page")
      assert.deepStrictEqual(yield* world.state(plan), { _tag: "Denied", channel: "page" })
      assert.isFalse(yield* world.isFrozen)
    })
  )

  it.scopedLive("a person says no, and freezes the token", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask()
      const page = yield* newWindow()
      yield* logIn(page, world, plan)
      yield* answer(page, "No, and freeze this token")
      assert.include(yield* status(page), "Denied on this page")
      assert.isTrue(yield* world.isFrozen)
    })
  )

  it.scopedLive("a plan whose time has passed has no buttons", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const now = yield* Clock.currentTimeMillis
      const plan = yield* world.ask({ at: now - 700_000, expires: now - 100_000 })
      const page = yield* newWindow()
      yield* logIn(page, world, plan)
      assert.include(yield* status(page), "Its time has passed")
      assert.strictEqual(yield* step(() => page.getByRole("button", { name: "Yes, once" }).count()), 0)
    })
  )

  it.scopedLive("a wrong passphrase is told, and five of them close the log-in", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const page = yield* newWindow()
      yield* step(() => page.goto(world.url))
      const attempt = Effect.fnUntraced(function* (text: string) {
        yield* step(() => page.getByLabel("Passphrase").fill(text))
        yield* step(() => page.getByRole("button", { name: "Log in" }).click())
        return yield* step(() => page.getByRole("alert").innerText())
      })
      for (let n = 0; n < 5; n++) assert.include(yield* attempt("guess"), "wrong")
      assert.include(yield* attempt(passphrase), "Too many")
    })
  )

  it.scopedLive("two tabs at once: the second answer is told that it came too late", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask()
      const first = yield* newWindow()
      yield* logIn(first, world, plan)
      const second = yield* step(() => first.context().newPage())
      yield* step(() => second.goto(first.url()))
      yield* answer(first, "No")
      yield* answer(second, "Yes, once")
      assert.include(yield* step(() => second.getByRole("alert").innerText()), "too late")
      assert.deepStrictEqual(yield* world.state(plan), { _tag: "Denied", channel: "page" })
    })
  )

  it.scopedLive("a form of another program of this machine approves nothing, and gets no cookie of the page", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask()
      const page = yield* newWindow()
      yield* logIn(page, world, plan)
      const target = page.url()
      const { cookies, url } = yield* stranger(
        () => `<form method="post" action="${target}"><input name="answer" value="yes"><button>Win</button></form>`
      )
      yield* step(() => page.goto(url))
      yield* answer(page, "Win")
      assert.include(yield* step(() => page.getByRole("main").innerText()), "not one of this page")
      assert.deepStrictEqual(yield* world.state(plan), { _tag: "Open" })
      // Cookies of a host go to all of its ports.
      assert.deepStrictEqual([...new Set(cookies)], [undefined])
      // The session is still good for the page itself.
      yield* step(() => page.goto(target))
      yield* answer(page, "Yes, once")
      assert.deepStrictEqual(yield* world.state(plan), { _tag: "Approved", channel: "page" })
    })
  )

  it.scopedLive("cannot be framed", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask()
      const page = yield* newWindow()
      yield* logIn(page, world, plan)
      const target = page.url()
      const { url } = yield* stranger(() => `<h1>Game</h1><iframe src="${target}" width="500" height="500"></iframe>`)
      yield* step(() => page.goto(url, { waitUntil: "load" }))
      const texts = yield* step(() => Promise.all(page.frames().map((frame) => frame.content())))
      assert.lengthOf(texts, 2)
      assert.isTrue(texts.some((text) => text.includes("Game")))
      assert.isFalse(texts.some((text) => text.includes("cold wallet")))
      assert.isFalse(texts.some((text) => text.includes("Yes, once")))
    })
  )

  it.scopedLive("cannot be reached by a name that was pointed to this machine", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const page = yield* newWindow()
      const response = yield* step(() => page.goto(`http://${reboundName}:${world.port}/`))
      assert.strictEqual(response?.status(), 403)
      assert.strictEqual(yield* step(() => page.getByLabel("Passphrase").count()), 0)
    })
  )

  it.scopedLive("can be used with the keyboard only, and reaches the yes before the noes", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask()
      const page = yield* newWindow()
      yield* step(() => page.goto(`${world.url}/plans/${plan}`))
      const focused = step(() => page.locator(":focus").innerText())
      yield* step(() => page.keyboard.press("Tab"))
      assert.strictEqual(yield* focused, "Skip to the content")
      yield* step(() => page.keyboard.press("Tab"))
      yield* step(() => page.keyboard.type(passphrase))
      yield* step(() => page.keyboard.press("Enter"))
      yield* step(() => page.getByRole("button", { name: "Log out" }).waitFor())
      const seen: Array<string> = []
      while (seen.at(-1) !== "No" && seen.length < 20) {
        yield* step(() => page.keyboard.press("Tab"))
        seen.push(yield* focused)
      }
      assert.deepStrictEqual(seen, ["Skip to the content", "All approvals", "Log out", "Yes, once", "No"])
      yield* step(() => page.keyboard.press("Enter"))
      assert.include(yield* status(page), "Denied")
    })
  )

  it.scopedLive("fits a narrow screen, with buttons that a thumb can hit", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask({ said: "x".repeat(500) })
      const page = yield* newWindow({ width: 320, height: 640 })
      yield* logIn(page, world, plan)
      const width = (name: string) => step(() => page.evaluate<number>(`document.documentElement.${name}`))
      assert.isAtMost(yield* width("scrollWidth"), yield* width("clientWidth"))
      for (const name of ["Yes, once", "No", "No, and freeze this token"]) {
        const box = yield* step(() => page.getByRole("button", { name, exact: true }).boundingBox())
        assert.isAtLeast(box?.height ?? 0, 44)
      }
    })
  )

  it.scopedLive("has a structure that a screen reader reads", () =>
    Effect.gen(function* () {
      const world = yield* makeReadyWorld()
      const plan = yield* world.ask()
      const page = yield* newWindow()
      yield* logIn(page, world, plan)
      const landmarks = [
        page.getByRole("banner"),
        page.getByRole("navigation", { name: "Pages" }),
        page.getByRole("main"),
        page.getByRole("heading", { level: 1, name: `Approval ${plan}` }),
        page.getByRole("figure", { name: "Words of the agent" }),
        page.getByRole("table", { name: "Available balances" }),
        page.getByRole("form", { name: "Your answer" })
      ]
      for (const landmark of landmarks) assert.strictEqual(yield* step(() => landmark.count()), 1)
      const headings = yield* step(() => page.getByRole("heading", { level: 2 }).allInnerTexts())
      assert.strictEqual(headings.at(-1), "Your answer")
    })
  )
})
