import { initWasm, Resvg } from "@resvg/resvg-wasm"
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"

declare const __BUNDLED__: boolean | undefined

const packages = createRequire(import.meta.url)

/** Returns the path of a file that the renderer needs. The build copies it beside the bundle under another name. */
const pathOf = (packaged: string, built: string) =>
  typeof __BUNDLED__ === "boolean" ? fileURLToPath(new URL(built, import.meta.url)) : packages.resolve(packaged)

const [program, font] = await Promise.all([
  readFile(pathOf("@resvg/resvg-wasm/index_bg.wasm", "./resvg.wasm")),
  readFile(pathOf("@fontsource/inter/files/inter-latin-400-normal.woff2", "./inter.woff2"))
])
await initWasm(program)

/** Draws an SVG document at its own size. Its texts are in Inter, since a container might have no fonts. */
export const draw = (svg: string) => {
  const options = { font: { fontBuffers: [font], defaultFontFamily: "Inter", sansSerifFamily: "Inter" } }
  const document = new Resvg(svg, options)
  try {
    const picture = document.render()
    try {
      return { width: picture.width, height: picture.height, pixels: picture.pixels }
    } finally {
      picture.free()
    }
  } finally {
    document.free()
  }
}
