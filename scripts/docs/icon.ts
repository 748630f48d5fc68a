import { Resvg } from "@resvg/resvg-wasm"
import { Effect } from "effect"
import { iconSvg } from "../../src/layers/mcp/protocol/icon.ts"

/** Starts the renderer, which can be done once in a process. */
const started = Effect.promise(() => import("../../src/layers/pictures/renderer.ts"))

/** The icon of the bundle for Claude Desktop. */
export const iconPath = "mcpb/icon.png"

/**
 * Draws the server's icon as PNG, 512 pixels wide and high, since bundles for Claude Desktop take no SVG.
 *
 * @see https://github.com/modelcontextprotocol/mcpb/blob/main/MANIFEST.md read 2026-11-29
 */
export const drawIcon: Effect.Effect<Uint8Array> = Effect.map(started, () =>
  new Resvg(iconSvg, { fitTo: { mode: "width", value: 512 } }).render().asPng()
)
