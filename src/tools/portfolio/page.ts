import { Effect, Encoding } from "effect"

/** The URI of the page that shows charts and portfolios in clients that show pages (MCP Apps). */
export const chartPage = "ui://mcp-kraken/pictures.html"

/** The key in `_meta` of an answer under which the page finds its drawing. */
export const svgMeta = "mcp-kraken/svg"

/**
 * The media type of pages that clients show.
 *
 * @see https://github.com/modelcontextprotocol/ext-apps/blob/main/specification/2026-01-26/apps.mdx read 2026-11-29
 */
export const pageType = "text/html;profile=mcp-app"

/** The revision of the protocol between the page and its host. */
const protocolVersion = "2026-01-26"

const style = `
:root { color-scheme: light dark; --text: #1f2328; --soft: #57606a; --line: #e4e7eb; --up: #128a5b; --down: #cf3341; --volume: #c3cbd4; --buy: #0a62c4; --sell: #a04800; --back: #fff }
@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) { --text: #e6edf3; --soft: #9da7b3; --line: #2d343c; --up: #3fb98a; --down: #f4717d; --volume: #414a54; --buy: #6cb0ff; --sell: #f0a35e; --back: #15191e } }
:root[data-theme=light] { color-scheme: light }
:root[data-theme=dark] { color-scheme: dark; --text: #e6edf3; --soft: #9da7b3; --line: #2d343c; --up: #3fb98a; --down: #f4717d; --volume: #414a54; --buy: #6cb0ff; --sell: #f0a35e; --back: #15191e }
body { margin: 0; padding: 12px; font: 14px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back) }
svg, img { display: block; width: 100%; height: auto }
h1 { margin: 0 0 8px; font-size: 20px; font-weight: 600 }
p { margin: 8px 0 0; color: var(--soft) }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
th { font-weight: 400; color: var(--soft) }
th, td { padding: 4px 8px; text-align: right; border-bottom: 1px solid var(--line) }
th:first-child, td:first-child { text-align: left }
td.bar { width: 25% }
td.bar div { height: 10px; border-radius: 2px; background: var(--buy) }
td.gain { color: var(--up) }
td.loss { color: var(--down) }
text { font: 12px system-ui, sans-serif; fill: var(--soft) }
text.title { font-size: 16px; fill: var(--text) }
.grid { stroke: var(--line) }
.up { fill: var(--up); stroke: var(--up) }
.down { fill: var(--down); stroke: var(--down) }
.volume { fill: var(--volume) }
.order { fill: none; stroke-dasharray: 5 4 }
.order.buy { stroke: var(--buy) }
.order.sell { stroke: var(--sell) }
.fill { stroke: var(--back) }
text.buy, .fill.buy { fill: var(--buy) }
text.sell, .fill.sell { fill: var(--sell) }
`

/**
 * The program of the page. It asks its host for nothing but the handshake, and calls no tools. Texts are set as texts;
 * of a drawing, the policy of the page runs no scripts.
 */
const script = `
"use strict"
const post = (message) => parent.postMessage({ jsonrpc: "2.0", ...message }, "*")
const make = (name, text, kind) => {
  const element = document.createElement(name)
  if (text !== undefined) element.textContent = String(text)
  if (kind) element.className = kind
  return element
}
const main = document.querySelector("main")
const setTheme = (context) => {
  if (context && (context.theme === "dark" || context.theme === "light")) document.documentElement.dataset.theme = context.theme
}
const drawing = (svg) => {
  const { documentElement } = new DOMParser().parseFromString(svg, "image/svg+xml")
  return documentElement.localName === "svg" ? document.importNode(documentElement, true) : undefined
}
const chart = (result) => {
  const meta = result._meta || {}
  const svg = meta[${JSON.stringify(svgMeta)}]
  const drawn = typeof svg === "string" ? drawing(svg) : undefined
  if (drawn) return drawn
  const image = (result.content || []).find((part) => part.type === "image" && part.mimeType === "image/png")
  if (!image) return undefined
  const element = make("img")
  element.alt = "Chart"
  element.src = "data:image/png;base64," + image.data
  return element
}
const row = (name, cells) => {
  const line = make("tr")
  line.append(...cells.map((cell) => (cell instanceof Node ? cell : make(name, cell))))
  return line
}
const portfolio = ({ currency, dust, rows, total }) => {
  const table = make("table")
  table.append(row("th", ["Asset", "Amount", "Price", "Value", "Gain", "%", ""]))
  for (const { amount, asset, gain, price, share, value } of rows) {
    const bar = make("td", undefined, "bar")
    const part = make("div")
    part.style.width = Math.max(0, Math.min(100, Number(share) || 0)) + "%"
    bar.append(part)
    const earned = make("td", gain === undefined ? "" : gain, String(gain).startsWith("-") ? "loss" : "gain")
    table.append(row("td", [asset, amount, price, value, earned, share, bar]))
  }
  const parts = [make("h1", total + " " + currency), table]
  if (dust) parts.push(make("p", "Dust: " + dust.value + " " + currency))
  return parts
}
const missing = (lines) => (Array.isArray(lines) ? lines.map((line) => make("p", line)) : [])
const show = (result) => {
  const answer = result.structuredContent || {}
  const text = (result.content || []).find((part) => part.type === "text")
  const drawn = chart(result)
  const parts = drawn ? [drawn] : Array.isArray(answer.rows) ? portfolio(answer) : [make("p", text ? text.text : "Nothing to show.")]
  main.replaceChildren(...parts, ...missing(answer.missing))
}
addEventListener("message", ({ data, source }) => {
  if (source !== parent || !data || data.jsonrpc !== "2.0") return
  const { id, method, params, result } = data
  if (method === undefined) {
    if (id !== 1 || !result) return
    setTheme(result.hostContext)
    post({ method: "ui/notifications/initialized", params: {} })
    new ResizeObserver(() => {
      const { height, width } = document.documentElement.getBoundingClientRect()
      post({ method: "ui/notifications/size-changed", params: { width: Math.ceil(width), height: Math.ceil(height) } })
    }).observe(document.documentElement)
  } else if (method === "ui/notifications/tool-result") show(params || {})
  else if (method === "ui/notifications/host-context-changed") setTheme(params)
  else if (id !== undefined) {
    const known = method === "ping" || method === "ui/resource-teardown"
    post(known ? { id, result: {} } : { id, error: { code: -32601, message: "Method not found" } })
  }
})
post({ id: 1, method: "ui/initialize", params: { appInfo: { name: "mcp-kraken", version: "1" }, appCapabilities: {}, protocolVersion: ${JSON.stringify(protocolVersion)} } })
`

const hashOf = (text: string) =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
    (digest) => `'sha256-${Encoding.encodeBase64(new Uint8Array(digest))}'`
  )

/**
 * Makes the page that shows charts and portfolios: one document that loads nothing. Its policy, beside that of the host,
 * allows its own program and styles and no connections.
 */
export const readPage = Effect.map(Effect.all([hashOf(script), hashOf(style)]), ([script256, style256]) => {
  const policy = `default-src 'none'; script-src ${script256}; style-src ${style256}; img-src data:`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><title>Kraken</title><style>${style}</style></head><body><main><p>Waiting for the answer.</p></main><script>${script}</script></body></html>
`
})

/** Facts of the page for its host: it connects to nothing, and loads nothing. */
export const pageMeta = { ui: { csp: { connectDomains: [], resourceDomains: [] }, prefersBorder: true } }
