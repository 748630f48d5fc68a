import { Effect } from "effect"
import { existsSync } from "node:fs"
import { env } from "node:process"
import { type BrowserContextOptions, chromium } from "playwright-core"

/** The browser of Debian, or the one that `CHROMIUM` names. */
const executablePath = env["CHROMIUM"] ?? "/usr/bin/chromium"

/** Tells whether there is no browser. The tests that need one are skipped then. */
export const isBrowserMissing = !existsSync(executablePath)

/** The end of a title, which says why tests are skipped. */
export const inBrowser = isBrowserMissing
  ? `in a browser (skipped, since there is none at ${executablePath}: apt-get install chromium, or set CHROMIUM to the path of one)`
  : "in a browser"

/** A name that the browser resolves to this machine, as after DNS rebinding. */
export const reboundName = "rebound.test"

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  `--host-resolver-rules=MAP ${reboundName} 127.0.0.1`
]

/** Starts a browser, which ends with the scope. Its pages run no scripts. */
export const openBrowser = Effect.map(
  Effect.acquireRelease(
    Effect.promise(() => chromium.launch({ executablePath, args: flags })),
    (browser) => Effect.promise(() => browser.close())
  ),
  (browser) => ({
    /** Opens a window of its own, with its own cookies. */
    open: (options: BrowserContextOptions = {}) =>
      Effect.promise(() =>
        browser.newContext({ javaScriptEnabled: false, ...options }).then((context) => context.newPage())
      )
  })
)
