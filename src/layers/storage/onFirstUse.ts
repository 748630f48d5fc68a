import { Context, Effect, Layer, type Scope } from "effect"

/**
 * Builds the service of a layer when it is first used, so that a start does not wait for a file, and a file that is not
 * needed is not made. If the layer fails, `otherwise` gives the service.
 */
export const onFirstUse = <I, S, E, R>(
  tag: Context.Tag<I, S>,
  layer: Layer.Layer<I, E, R>,
  otherwise: (error: E) => Effect.Effect<S>
): Effect.Effect<Effect.Effect<S, never, R>, never, Scope.Scope> =>
  Effect.flatMap(Effect.scope, (scope) =>
    Layer.buildWithScope(layer, scope).pipe(
      Effect.map(Context.get(tag)),
      Effect.catchAll(otherwise),
      Effect.uninterruptible,
      Effect.cached
    )
  )
