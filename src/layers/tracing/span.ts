import { Context, Effect, Option, Tracer } from "effect"

/** True if spans are sent to a collector. Otherwise none is made. */
let tracing = false

/** Tells whether spans are made. */
export const isTracing = (): boolean => tracing

/** Begins to make spans, for the rest of the process. */
export const startTracing: Effect.Effect<void> = Effect.sync(() => {
  tracing = true
})

/** Names and ids by which spans are found. A collector gets only those that `otlp/otlpBody.ts` lists, and no arguments of calls. */
export type Attributes = { readonly [name: string]: string }

interface SpanOptions {
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly attributes: Attributes
  readonly parent?: Tracer.ExternalSpan | undefined
}

/** Makes a span of an effect, if spans are made. */
export const span =
  ({ attributes, kind, name, parent }: SpanOptions) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    tracing
      ? Effect.withSpan(effect, name, {
          attributes,
          kind,
          captureStackTrace: false,
          // Over stdio, a span of the whole connection is around all requests.
          ...(parent === undefined ? { root: kind === "server" } : { parent })
        })
      : effect

/** Adds the name of an error to the current span. An empty one stands for none. */
export const annotateError = (name: string): Effect.Effect<void> =>
  tracing && name !== "" ? Effect.annotateCurrentSpan("error.type", name) : Effect.void

/** The id of the current trace. None if spans are not made. */
export const currentTrace: Effect.Effect<Option.Option<string>> = Effect.suspend(() =>
  tracing ? Effect.option(Effect.map(Effect.currentSpan, ({ traceId }) => traceId)) : Effect.succeedNone
)

/**
 * Reads the trace context that a client sends in `_meta`. Undefined if there is none, or if it is not well-formed.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header read 2026-11-29
 */
export const traceContext = (meta: { readonly [name: string]: unknown }): Tracer.ExternalSpan | undefined => {
  const text = meta["traceparent"]
  if (!tracing || typeof text !== "string" || text.length > 100) return undefined
  const { flags, spanId, traceId } = form.exec(text)?.groups ?? {}
  return traceId === undefined || spanId === undefined || flags === undefined
    ? undefined
    : Tracer.externalSpan({ traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 })
}

/** Version, trace, span and flags. Later versions may append parts. All zeros and version ff are invalid. */
const form =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})(?<traceId>[0-9a-f]{32})-(?!0{16})(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?:-.*)?$/

/** Adds the current span to a context that replaces the one which holds it. */
export const withParent = <R>(current: Context.Context<never>, context: Context.Context<R>): Context.Context<R> =>
  tracing
    ? Option.match(Context.getOption(current, Tracer.ParentSpan), {
        onNone: () => context,
        onSome: (parent) => Context.add(context, Tracer.ParentSpan, parent)
      })
    : context
