import { Effect, Schema } from "effect"
import { Names } from "../../services/Names.ts"
import { withDefault } from "../kit/fields.ts"

/** The input for the asset that everything is valued in. */
export const currency = withDefault(Schema.String.annotations({ description: "To value in" }), "USD")

/** Finds an asset by any spelling. Fails with the nearest names. */
export const assetNamed = Effect.fnUntraced(function* (spelling: string) {
  const names = yield* Names
  const name = yield* names.asset(spelling)
  const directory = yield* names.directory
  const found = directory.findAsset(name)?.asset
  return { directory, name: found?.display ?? name, places: found?.decimals ?? 8 }
})
