import {
  Cause,
  Context,
  FiberId,
  FiberRef,
  FiberRefs,
  HashMap,
  Inspectable,
  List,
  Logger,
  LogSpan,
  Option,
  Predicate,
  Tracer
} from "effect"

type Fields = { readonly [name: string]: unknown }

type Options = Logger.Logger.Options<unknown>

/**
 * Effect's own formats, in which `Effect.logInfo("request", { status, ms })` is a message with fields. Fields are
 * printed like annotations but cost less, since annotations are added to the fiber and removed again. The log line is a
 * good part of the cost of a call, so this format does no work for parts that a line does not have.
 */
export const logfmt = Logger.make(
  ({ annotations, cause, date, fiberId, logLevel, message, spans }: Options): string => {
    const { fields, messages } = partsOf(message)
    let line = `timestamp=${date.toISOString()} level=${logLevel.label} fiber=${nameOf(fiberId)}`
    for (const part of messages) line += ` message=${quoted(part)}`
    if (!Cause.isEmptyType(cause)) line += ` cause=${quoted(Cause.pretty(cause, { renderErrorCause: true }))}`
    if (List.isCons(spans)) {
      for (const span of spans) line += ` ${LogSpan.render(date.getTime())(span)}`
    }
    if (!HashMap.isEmpty(annotations)) {
      for (const [name, value] of annotations) line += ` ${word(name)}=${quoted(value)}`
    }
    for (const name of Object.keys(fields)) line += ` ${word(name)}=${quoted(fields[name])}`
    return line
  }
)

export const json = Logger.make((options: Options): string => {
  const { fields, messages } = partsOf(options.message)
  const line = Logger.structuredLogger.log({ ...options, message: messages })
  return Inspectable.stringifyCircular({
    ...line,
    annotations: { ...line.annotations, ...fields },
    ...traceOf(options)
  })
})

/** The ids by which a collector of traces finds the span in which a line was logged, if spans are made. */
const traceOf = ({ context }: Options): Fields => {
  const span = Context.getOption(FiberRefs.getOrDefault(context, FiberRef.currentContext), Tracer.ParentSpan)
  return Option.isSome(span) && span.value.traceId !== noTrace
    ? { trace_id: span.value.traceId, span_id: span.value.spanId }
    : none
}

/** The id of a trace while spans are not made. */
const noTrace = "noop"

const none: Fields = {}

const partsOf = (message: unknown): { readonly messages: ReadonlyArray<unknown>; readonly fields: Fields } => {
  if (!Array.isArray(message)) return { messages: [message], fields: none }
  return message.length === 2 && isFields(message[1])
    ? { messages: [message[0]], fields: message[1] }
    : { messages: message, fields: none }
}

const isFields = (value: unknown): value is Fields =>
  Predicate.isRecord(value) && Object.getPrototypeOf(value) === Object.prototype

const nameOf = (fiber: FiberId.FiberId): string =>
  FiberId.isRuntime(fiber) ? `#${fiber.id}` : FiberId.threadName(fiber)

const special = /[\s="]/

const word = (name: string): string => (special.test(name) ? name.replaceAll(/[\s="]/g, "_") : name)

const quoted = (value: unknown): string => {
  const text = Inspectable.toStringUnknown(value, 0)
  return special.test(text) ? JSON.stringify(text) : text
}
