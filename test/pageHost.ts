import { Effect } from "effect"
import type { Page } from "playwright-core"

/** A message from a page to its host. */
interface Message {
  readonly id?: number
  readonly method?: string
}

/** The host of a page: a document that shows it in a sandboxed frame, as clients do, and keeps all that it says. */
const host = `<!doctype html><style>body { margin: 0 } iframe { display: block; border: 0; width: 100%; height: 100vh }</style>
<iframe sandbox="allow-scripts"></iframe><script>
window.received = []
const frame = document.querySelector("iframe")
window.send = (message) => frame.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*")
addEventListener("message", ({ data, source }) => {
  if (source !== frame.contentWindow) return
  window.received.push(data)
  if (data.method === "ui/initialize") {
    const result = { protocolVersion: data.params.protocolVersion, hostInfo: { name: "host", version: "1" }, hostCapabilities: {}, hostContext: window.context }
    window.send({ id: data.id, result })
  }
})
</script>`

/** Shows a page in a host, and waits until it has shaken hands. */
export const hostOf = Effect.fnUntraced(function* (page: Page, html: string, context: object = {}) {
  /** URLs that the page asks for. */
  const requests: Array<string> = []
  yield* Effect.promise(() => page.setContent(host))
  page.on("request", (request) => requests.push(request.url()))
  yield* Effect.promise(() => page.evaluate(`window.context = ${JSON.stringify(context)}`))
  yield* Effect.promise(() => page.evaluate(`document.querySelector("iframe").srcdoc = ${JSON.stringify(html)}`))
  yield* Effect.promise(() =>
    page.waitForFunction(`window.received.some(({ method }) => method === "ui/notifications/size-changed")`)
  )
  return {
    page,
    frame: page.frameLocator("iframe"),
    requests,
    /** All messages of the page. */
    received: Effect.promise(() => page.evaluate<ReadonlyArray<Message>>("window.received")),
    /** Sends a notification to the page, and waits until it has been handled. */
    send: (method: string, params: object) =>
      Effect.promise(() =>
        page.evaluate(
          `new Promise((resolve) => {
            const ping = Math.random()
            const answered = ({ data }) => { if (data.id === ping) { removeEventListener("message", answered); resolve() } }
            addEventListener("message", answered)
            window.send(${JSON.stringify({ method, params })})
            window.send({ id: ping, method: "ping" })
          })`
        )
      )
  }
})
