import { Context, Effect, Option } from "effect"

/** The renderer of pictures. None if there is none, or if it cannot draw this one. The default draws nothing. */
export class Pictures extends Context.Reference<Pictures>()("mcp-kraken/services/Pictures", {
  defaultValue: (): {
    /** Renders an SVG document as PNG. */
    readonly png: (svg: string) => Effect.Effect<Option.Option<Uint8Array>>
  } => ({ png: () => Effect.succeedNone })
}) {}
