import { Predicate } from "effect"
import { unitLabel } from "../../metrics/instrument.ts"

/**
 * The attributes of spans that leave this machine. Each is a name or an id of ours, or of Kraken's endpoints. An error has
 * only its name: its message can hold what a client sent.
 */
const allowed = new Set([
  "endpoint",
  "error.type",
  "gen_ai.operation.name",
  "gen_ai.tool.name",
  "mcp.method.name",
  "mcp.protocol.version",
  "mcp_kraken.caller",
  "network.transport",
  "priority"
])

/** The prefixes of our instruments. Effect keeps others, of its fibers. */
const prefixes = ["mcp.", "nodejs.", "process."]

type Json = { readonly [name: string]: unknown }

/** Tells whether a text is a name or an id. */
const isName = (text: unknown): boolean => typeof text === "string" && /^[\w./: -]{1,100}$/.test(text)

/** Leaves out of a request for traces what a span must not tell. */
export const safeTraces = (data: unknown): unknown => within(data, ["resourceSpans", "scopeSpans", "spans"], safeSpan)

/** Leaves out of a request for metrics the series without a value, and those that are not ours. */
export const safeMetrics = (data: unknown): unknown =>
  within(data, ["resourceMetrics", "scopeMetrics", "metrics"], (metric) =>
    prefixes.some((prefix) => String(metric["name"]).startsWith(prefix)) ? withValues(metric) : undefined
  )

/** Changes the innermost of lists in lists. Those for which `change` gives nothing are left out. */
const within = (data: unknown, path: ReadonlyArray<string>, change: (item: Json) => Json | undefined): unknown => {
  const [field, ...rest] = path
  if (field === undefined || !Predicate.isRecord(data)) return data
  const inner = listIn(data, field).flatMap((item) =>
    rest.length > 0 ? [within(item, rest, change)] : (change(item) ?? [])
  )
  return { ...data, [field]: inner }
}

const listIn = (data: Json, field: string): ReadonlyArray<Json> => {
  const list = data[field]
  return Array.isArray(list) ? list.filter(Predicate.isRecord) : []
}

const errorCode = 2

const safeSpan = (span: Json): Json => {
  const attributes = listIn(span, "attributes").filter(
    ({ key, value }) => allowed.has(String(key)) && Predicate.isRecord(value) && isName(value["stringValue"])
  )
  const failed = errorOf(span)
  const hasError = attributes.some(({ key }) => key === "error.type")
  const isError = hasError || failed !== undefined
  return {
    ...span,
    name: isName(span["name"]) ? span["name"] : "span",
    attributes:
      failed === undefined || hasError
        ? attributes
        : [...attributes, { key: "error.type", value: { stringValue: failed } }],
    events: [],
    links: [],
    status: { code: isError ? errorCode : 1 }
  }
}

/** The name of the error in which a span ended. Undefined if it did not fail. */
const errorOf = (span: Json): string | undefined => {
  const status = span["status"]
  if (!Predicate.isRecord(status) || status["code"] !== errorCode) return undefined
  const [type] = listIn(span, "events")
    .flatMap((event) => listIn(event, "attributes"))
    .filter(({ key }) => key === "exception.type")
    .map(({ value }) => (Predicate.isRecord(value) ? value["stringValue"] : undefined))
  return isName(type) ? String(type) : "Error"
}

/** The kinds of metrics, each of which has a list of points. */
const kinds = ["gauge", "histogram", "sum"]

const withValues = (metric: Json): Json | undefined => {
  const kind = kinds.find((kind) => metric[kind] !== undefined)
  const points = kind === undefined ? undefined : metric[kind]
  if (kind === undefined || !Predicate.isRecord(points)) return undefined
  const kept = listIn(points, "dataPoints")
    .filter((point) => !Number.isNaN(point["asDouble"]))
    .map((point) => ({ ...point, attributes: listIn(point, "attributes").filter(({ key }) => key !== unitLabel) }))
  return kept.length === 0 ? undefined : { ...metric, [kind]: { ...points, dataPoints: kept } }
}
