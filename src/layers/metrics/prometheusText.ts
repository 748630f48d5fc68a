import {
  Array,
  Metric,
  type MetricKey,
  MetricKeyType,
  type MetricLabel,
  type MetricPair,
  MetricState,
  Option
} from "effect"
import { unitLabel } from "./instrument.ts"

/** The media type of the text. */
export const contentType = "text/plain; version=0.0.4; charset=utf-8"

/** The prefixes of the instruments of this program. Effect keeps others, of its fibers. */
const prefixes = ["mcp.", "nodejs.", "process."]

/**
 * Writes all series of this process in the text format of Prometheus: dots become underscores, and the unit and `_total`
 * are added to the names.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/ read 2026-11-29
 */
export const prometheusText = (): string => {
  const ours = Metric.unsafeSnapshot().filter(({ metricKey: { name } }) =>
    prefixes.some((prefix) => name.startsWith(prefix))
  )
  return Object.entries(Array.groupBy(ours, ({ metricKey }) => familyOf(metricKey)))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, pairs]) => family(name, pairs))
    .join("")
}

type Key = MetricKey.MetricKey.Untyped

const units: Readonly<Record<string, string>> = { s: "_seconds", By: "_bytes" }

const unitOf = ({ tags }: Key) => tags.find(({ key }) => key === unitLabel)?.value ?? ""

const familyOf = (key: Key): string => {
  const name = nameOf(key.name)
  const unit = units[unitOf(key)] ?? ""
  const end = MetricKeyType.isCounterKey(key.keyType) ? "_total" : ""
  return `${name.endsWith(unit) ? name : `${name}${unit}`}${end}`
}

const nameOf = (dotted: string): string => dotted.replaceAll(/[^a-zA-Z0-9_:]/g, "_")

const family = (name: string, pairs: ReadonlyArray<MetricPair.MetricPair.Untyped>): string => {
  const lines = pairs.flatMap(({ metricKey, metricState }) => samples(name, metricKey, metricState)).toSorted(inOrder)
  const [first] = pairs
  if (first === undefined || lines.length === 0) return ""
  const { description, keyType } = first.metricKey
  const help = Option.getOrElse(description, () => "")
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
  return `# HELP ${name} ${help}\n# TYPE ${name} ${typeOf(keyType)}\n${lines.map(({ text }) => text).join("")}`
}

const typeOf = (type: unknown) =>
  MetricKeyType.isCounterKey(type) ? "counter" : MetricKeyType.isHistogramKey(type) ? "histogram" : "gauge"

/** The lines of one series, which stay together, with the labels by which series are sorted. */
interface Sample {
  readonly labels: string
  readonly text: string
}

const inOrder = (a: Sample, b: Sample) => (a.labels < b.labels ? -1 : 1)

const samples = (name: string, key: Key, state: MetricState.MetricState.Untyped): ReadonlyArray<Sample> => {
  const labels = key.tags.filter(({ key }) => key !== unitLabel).map(labelText)
  const line = (name: string, value: number, more: ReadonlyArray<string> = []) => {
    const all = [...labels, ...more]
    return `${name}${all.length === 0 ? "" : `{${all.join(",")}}`} ${numberText(value)}\n`
  }
  const sample = (text: string): ReadonlyArray<Sample> => [{ labels: labels.join(), text }]
  if (MetricState.isCounterState(state)) return sample(line(name, Number(state.count)))
  if (MetricState.isGaugeState(state)) {
    const value = Number(state.value)
    return Number.isNaN(value) ? [] : sample(line(name, value))
  }
  if (!MetricState.isHistogramState(state)) return []
  const buckets = state.buckets.map(([boundary, count]) =>
    line(`${name}_bucket`, count, [`le="${boundary === Infinity ? "+Inf" : numberText(boundary)}"`])
  )
  return sample([...buckets, line(`${name}_sum`, state.sum), line(`${name}_count`, state.count)].join(""))
}

const labelText = ({ key, value }: MetricLabel.MetricLabel): string =>
  `${nameOf(key)}="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`

const numberText = (value: number): string =>
  value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value)
