import { afterAll, beforeAll } from "@effect/vitest"
import { type Context, Effect, Exit, Layer, Scope } from "effect"

/**
 * Builds a layer once for the cases around it, and returns the function that provides it to them. `layer` of @effect/vitest
 * would change the `it` that all files of a process share.
 */
export const builtOnce = <I>(layer: Layer.Layer<I, unknown>) => {
  const scope = Effect.runSync(Scope.make())
  let built: Effect.Effect<Context.Context<I>> = Effect.dieMessage("the layer was not built")
  beforeAll(
    () =>
      Effect.runPromise(
        Effect.map(Layer.buildWithScope(Layer.fresh(layer), scope), (context) => {
          built = Effect.succeed(context)
        })
      ),
    120_000
  )
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  return <A, E, R>(body: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, I>> =>
    Effect.flatMap(
      Effect.suspend(() => built),
      (context) => Effect.provide(body, context)
    )
}
