import { Context, Duration, Effect, Layer, type Scope } from "effect"

/**
 * Builds the service of a layer when it is first used, so that a start does not wait for a file, and a file that is not
 * needed is not made. If the layer fails, `otherwise` gives the service: for this use only if the error is `passing`.
 */
export const onFirstUse = <I, S, E>(
  tag: Context.Tag<I, S>,
  layer: Layer.Layer<I, E>,
  otherwise: (error: E) => Effect.Effect<S>,
  passing: (error: E) => boolean = () => false
): Effect.Effect<Effect.Effect<S>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const built = Layer.buildWithScope(layer, scope).pipe(
      Effect.map((context) => ({ service: Context.get(context, tag), isFinal: true })),
      Effect.catchAll((error) => Effect.map(otherwise(error), (service) => ({ service, isFinal: !passing(error) }))),
      Effect.uninterruptible
    )
    const [once, again] = yield* Effect.cachedInvalidateWithTTL(built, Duration.infinity)
    // Each call uses the service, and the cache takes ten times as long as this variable.
    let made: S | undefined
    return Effect.suspend(() => {
      if (made !== undefined) return Effect.succeed(made)
      return Effect.flatMap(once, ({ isFinal, service }) => {
        if (!isFinal) return Effect.as(again, service)
        made = service
        return Effect.succeed(service)
      })
    })
  })
