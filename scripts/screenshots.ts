/** Makes the pictures of the page for approvals in docs/images. It needs Chromium. */
import { Effect } from "effect"
import { join } from "node:path"
import { openBrowser } from "../test/browser.ts"
import { makeReadyWorld, passphrase } from "../test/layers/operatorPage/world.ts"

const images = join(import.meta.dirname, "../docs/images")

/** The pictures: their names, and the windows in which they are taken. */
const windows = [
  { name: "approval", colorScheme: "light", viewport: { width: 600, height: 600 } },
  { name: "approval-dark", colorScheme: "dark", viewport: { width: 600, height: 520 } },
  { name: "approval-phone", colorScheme: "light", viewport: { width: 360, height: 640 } }
] as const

const program = Effect.gen(function* () {
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
})

await Effect.runPromise(Effect.scoped(program))
