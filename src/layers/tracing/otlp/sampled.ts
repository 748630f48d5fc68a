import { Option, Tracer } from "effect"

/**
 * Makes a tracer that makes spans for a share of the traces. A trace that a client began is made as the client decided, and
 * so are the spans below one.
 */
export const sampled = (tracer: Tracer.Tracer, share: number): Tracer.Tracer =>
  Tracer.make({
    span: (name, parent, ...rest) => {
      const isSampled = Option.match(parent, { onNone: () => Math.random() < share, onSome: ({ sampled }) => sampled })
      return isSampled ? tracer.span(name, parent, ...rest) : unsampled(name, parent, ...rest)
    },
    context: (f, fiber) => tracer.context(f, fiber)
  })

/** A span that is not sent. It has the ids of its trace, so that log lines can be told apart by them. */
const unsampled: Tracer.Tracer["span"] = (name, parent, context, _, startTime, kind) => ({
  _tag: "Span",
  name,
  parent,
  context,
  kind,
  spanId: hex(16),
  traceId: Option.match(parent, { onNone: () => hex(32), onSome: ({ traceId }) => traceId }),
  status: { _tag: "Started", startTime },
  attributes: new Map(),
  links: [],
  sampled: false,
  end: () => undefined,
  attribute: () => undefined,
  event: () => undefined,
  addLinks: () => undefined
})

const hex = (digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(Math.random() * 16).toString(16)).join("")
