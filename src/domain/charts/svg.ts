/** Escapes a text for SVG. */
export const escapeXml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "")

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;"
}

/** Writes a coordinate in pixels, to a tenth. */
export const px = (pixels: number): string => String(Math.round(pixels * 10) / 10)

/** Makes an element for a text at a place. */
export const label = (text: string, x: number, y: number, classes: string, anchor = "start"): string =>
  `<text class="${classes}" x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${escapeXml(text)}</text>`

/** Styles of a picture that is shown alone, on white. A page has its own for the same classes. */
const alone = [
  "text{font:12px Inter,sans-serif;fill:#57606a}",
  "text.title{font-size:16px;fill:#1f2328}",
  ".grid{stroke:#e4e7eb}",
  ".up{fill:#128a5b;stroke:#128a5b}",
  ".down{fill:#cf3341;stroke:#cf3341}",
  ".volume{fill:#c3cbd4}",
  ".order{fill:none;stroke-dasharray:5 4}",
  ".order.buy{stroke:#0a62c4}.order.sell{stroke:#a04800}",
  ".fill{stroke:#fff}",
  "text.buy,.fill.buy{fill:#0a62c4}text.sell,.fill.sell{fill:#a04800}"
].join("")

/** Makes a picture that is shown alone of one that takes its styles from a page. */
export const standingAlone = (svg: string): string =>
  svg.replace(/^<svg[^>]*>/, (start) => `${start}<style>${alone}</style><rect width="100%" height="100%" fill="#fff"/>`)
