import { Effect } from "effect"
import { join } from "node:path"
import { openBrowser } from "../../test/browser.ts"
import { stylesheet } from "../../src/layers/operatorPage/stylesheet.ts"
import { logIn, makeReadyWorld, passphrase } from "../../test/layers/operatorPage/world.ts"
import { images, wordsOf } from "./drawnFrom.ts"

/** The pictures: their names, and the windows in which they are taken. */
const windows = [
  { name: "approval", colorScheme: "light", viewport: { width: 600, height: 600 } },
  { name: "approval-dark", colorScheme: "dark", viewport: { width: 600, height: 520 } },
  { name: "approval-phone", colorScheme: "light", viewport: { width: 360, height: 640 } }
] as const

/** Writes what the pictures show as text: the page of a plan, without what differs each time, and its style. */
export const approvalSource = Effect.gen(function* () {
  const world = yield* makeReadyWorld()
  const plan = yield* world.ask()
  const session = yield* logIn(world)
  const { text } = yield* session.read(`/plans/${plan}`)
  return wordsOf(text.replaceAll(session.folder, "").replaceAll(/ value="[^"]*"/g, "")) + stylesheet
}).pipe(Effect.scoped)

/** Draws the pictures of the page for approvals. It needs Chromium. */
export const drawApprovals = Effect.gen(function* () {
  const world = yield* makeReadyWorld()
  const browser = yield* openBrowser
  const plan = yield* world.ask()
  for (const { name, ...options } of windows) {
    const page = yield* browser.open(options)
    yield* Effect.promise(() => page.goto(`${world.url}/plans/${plan}`))
    yield* Effect.promise(() => page.getByLabel("Passphrase").fill(passphrase))
    yield* Effect.promise(() => page.getByRole("button", { name: "Log in" }).click())
    yield* Effect.promise(() => page.getByRole("button", { name: "Log out" }).waitFor())
    const isPhone = name === "approval-phone"
    yield* Effect.promise(() => page.screenshot({ path: join(images, `${name}.png`) }))
    if (!isPhone) continue
    yield* Effect.promise(() => page.getByRole("button", { name: "Yes, once" }).click())
    yield* world.end(yield* world.begin(plan))
    yield* Effect.promise(() => page.getByText("carried out").waitFor())
    yield* Effect.promise(() => page.screenshot({ path: join(images, "approval-result.png") }))
  }
}).pipe(Effect.scoped)
