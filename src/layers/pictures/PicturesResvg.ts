import { Effect, Layer } from "effect"
import { Pictures } from "../../services/Pictures.ts"
import { pngOf } from "./pngOf.ts"
import { load } from "../process/load.ts"

/** Draws with resvg, which is loaded with the first picture. A picture that cannot be drawn is logged. */
export const PicturesResvg = Layer.succeed(Pictures, {
  png: (svg) =>
    load(() => import("./renderer.ts")).pipe(
      Effect.flatMap(({ draw }) => Effect.try(() => draw(svg))),
      Effect.flatMap(pngOf),
      Effect.tapErrorCause((cause) => Effect.logError("A picture was not drawn", cause)),
      Effect.option
    )
})
