import { Context, Effect, Layer } from "effect"
import { CallersLocal } from "../layers/access/callers/CallersLocal.ts"
import { MandatesSql } from "../layers/access/mandates/MandatesSql.ts"
import { SharedPostgresOfSettings } from "../layers/storage/SharedPostgres.ts"
import { Config } from "../services/Config.ts"
import { announce } from "./announce.ts"
import { CollectedForExport, MetricsIfRead } from "./observed.ts"
import { Product } from "./product.ts"
import { logUnlimitedCaller } from "./unlimited.ts"

const served = CollectedForExport.pipe(Layer.provide(MetricsIfRead), Layer.provideMerge(Product))

const parts = Layer.provideMerge(Layer.merge(MandatesSql, CallersLocal), SharedPostgresOfSettings)

/** Serves the tools over stdio until the scope ends. `use` gets the settings in which limits have Kraken's names. */
export const productOverStdio = Effect.fnUntraced(function* (use: (config: typeof Config.Service) => void) {
  use(Context.get(yield* Layer.build(Layer.provide(served, parts)), Config))
  yield* logUnlimitedCaller
  yield* announce({ address: "stdio" }, "local")
  return yield* Effect.never
})
