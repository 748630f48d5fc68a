import { Effect, Exit, Metric, type MetricBoundaries, MetricLabel } from "effect"

/** True if somebody reads the metrics. Without a reader, nothing is recorded, and a call pays for one comparison. */
let isRecording = false

/** Begins to record, for the rest of the process. Effect's registry, in which the series are, belongs to the process, too. */
export const startRecording: Effect.Effect<void> = Effect.sync(() => {
  isRecording = true
})

/** The most series of one instrument. Values beyond are counted under `other`, so that no client can fill the memory. */
const mostSeries = 1000

/** The unit of an instrument: seconds, bytes, or a count. */
export type Unit = "s" | "By" | "1"

interface Definition<Labels extends ReadonlyArray<string>> {
  /** Dotted, as in OpenTelemetry. */
  readonly name: string
  readonly help: string
  readonly unit: Unit
  readonly labels: Labels
}

/** One value for each label, in their order. An empty one stands for an absent label. */
type ValuesOf<Labels extends ReadonlyArray<string>> = { readonly [I in keyof Labels]: string }

/**
 * Makes the look-up of the labels of a series. Effect finds a series at once by the identity of its list of labels, so that
 * each list is made once. With another list, or labels that the metric itself has (`Metric.tagged`), it compares all labels,
 * which costs twenty times as much as the record.
 */
const makeSeries = <const Labels extends ReadonlyArray<string>>(labels: Labels, unit: Unit) => {
  const known = new Map<string, ReadonlyArray<MetricLabel.MetricLabel>>()
  const ofUnit = MetricLabel.make(unitLabel, unit)
  const make = (values: ReadonlyArray<string>) => [
    ofUnit,
    ...labels.flatMap((label, i) => (values[i] ? [MetricLabel.make(label, values[i])] : []))
  ]
  return (values: ValuesOf<Labels>): ReadonlyArray<MetricLabel.MetricLabel> => {
    const key = values.length === 1 ? (values[0] ?? "") : values.join("\n")
    const found = known.get(key)
    if (found !== undefined) return found
    if (known.size > mostSeries) return makeSeriesOfOther()
    const made = make(known.size < mostSeries ? values : labels.map(() => "other"))
    known.set(known.size < mostSeries ? key : other, made)
    return made
  }
  function makeSeriesOfOther() {
    return known.get(other) ?? []
  }
}

/** The key of the series of all values beyond the most. No label holds a line break. */
const other = "\n\n"

/** The label that holds the unit. The readers take it for the unit and leave it out. */
export const unitLabel = "unit"

/** Makes a counter of events. */
export const counter = <const Labels extends ReadonlyArray<string>>({
  help,
  labels,
  name,
  unit
}: Definition<Labels>) => {
  const metric = Metric.counter(name, { description: help, incremental: true })
  const series = makeSeries(labels, unit)
  return {
    name,
    add: (...values: ValuesOf<Labels>): void => {
      if (isRecording) metric.unsafeUpdate(1, series(values))
    },
    /** Makes a series with the count 0, so that a reader sees the first event as a change. */
    zero: (...values: ValuesOf<Labels>): void => {
      if (isRecording) metric.unsafeUpdate(0, series(values))
    }
  }
}

/** Makes a histogram of values in the unit. */
export const histogram = <const Labels extends ReadonlyArray<string>>({
  boundaries,
  help,
  labels,
  name,
  unit
}: Definition<Labels> & { readonly boundaries: MetricBoundaries.MetricBoundaries }) => {
  const metric = Metric.histogram(name, boundaries, help)
  const series = makeSeries(labels, unit)
  return {
    name,
    record: (value: number, ...values: ValuesOf<Labels>): void => {
      if (isRecording) metric.unsafeUpdate(value, series(values))
    }
  }
}

/** Makes a gauge, all series of which are set at once. */
export const gauge = <const Labels extends ReadonlyArray<string>>({ help, labels, name, unit }: Definition<Labels>) => {
  const metric = Metric.gauge(name, { description: help })
  const series = makeSeries(labels, unit)
  let present = new Set<ReadonlyArray<MetricLabel.MetricLabel>>()
  return {
    name,
    /** Sets the series. Those that were set before and are not among them get no value: the registry cannot remove them. */
    set: (...rows: ReadonlyArray<readonly [value: number, values: ValuesOf<Labels>]>): void => {
      if (!isRecording) return
      const now = new Set<ReadonlyArray<MetricLabel.MetricLabel>>()
      for (const [value, values] of rows) {
        const labels = series(values)
        metric.unsafeUpdate(value, labels)
        now.add(labels)
      }
      for (const labels of present) if (!now.has(labels)) metric.unsafeUpdate(absent, labels)
      present = now
    }
  }
}

/** The value of a series that has none any more. The readers leave it out. */
const absent = Number.NaN

/** Begins to measure, and returns a function that returns the seconds since then. */
export const elapsed = (): (() => number) => {
  const began = performance.now()
  return () => (performance.now() - began) / 1000
}

/** Hands the seconds that an effect took, and its exit, to `record`. */
export const timed =
  <A, E>(record: (seconds: number, exit: Exit.Exit<A, E>) => void) =>
  <R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      if (!isRecording) return effect
      const seconds = elapsed()
      return Effect.onExit(effect, (exit) => Effect.sync(() => record(seconds(), exit)))
    })
