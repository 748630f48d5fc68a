import { Effect } from "effect"
import { startRecording, timed } from "../src/layers/metrics/instrument.ts"
import * as Instruments from "../src/layers/metrics/instruments.ts"
import { type Figures, load, type Target, warmUp } from "./load.ts"
import { call } from "./messages.ts"
import type { Ours } from "./ours.ts"
import { peer } from "./servers.ts"
import { length, rounds, warmup } from "./settings.ts"
import { number, print, table } from "./table.ts"

const tools = ["get_server_time", "get_account_balance"]

/** The time between two scrapes, in milliseconds: that of Prometheus by default is a minute, and 15 s are common. */
const scrapeEvery = 15_000

/** The number of rounds, odd so that there is a median. The differences are smaller than the noise of one round. */
const turns = Math.max(9, rounds)

/**
 * Measures the processor time that metrics and traces add to a call: servers without them, with metrics that are scraped,
 * and with traces that are sent, in turns, since the machine's speed drifts. The medians count.
 */
export const telemetry = async (ours: Ours): Promise<void> => {
  await instruments()
  const collector = await peer("collector")
  const otlp = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}` }
  const variants = [
    ["off", {}],
    ["metrics", { MCP_KRAKEN_METRICS: "token" }],
    ["metrics and traces of 1 % by OTLP", { ...otlp, OTEL_TRACES_SAMPLER_ARG: "0.01" }],
    ["metrics and all traces by OTLP", otlp]
  ] as const
  const servers = await Promise.all(variants.map(([, env]) => ours.serve(env)))
  const scrapers = servers.map(({ port }) =>
    setInterval(() => {
      const headers = { authorization: `Bearer ${ours.token}` }
      void fetch(`http://127.0.0.1:${port}/metrics`, { headers }).then((response) => response.text())
    }, scrapeEvery)
  )
  try {
    for (const tool of tools) {
      const targets = servers.map(({ pid, port }): Target => ({
        url: `http://127.0.0.1:${port}/mcp`,
        pid,
        request: () => call("2025-11-25", tool, ours.token)
      }))
      for (const target of targets) await warmUp(target, warmup)
      const figures: Array<Array<Figures>> = targets.map(() => [])
      for (let turn = 0; turn < turns; turn++)
        for (const [i, target] of targets.entries()) figures[i]?.push(await load(target, 16, length))
      const base = cpuOf(figures[0])
      print(
        table(
          `15. ${tool} with metrics and traces, concurrency 16, medians of ${turns} turns`,
          ["", "µs of processor a call", "more", "p50 ms"],
          variants.map(([name], i) => [
            name,
            number(cpuOf(figures[i])),
            `${number((cpuOf(figures[i]) / base - 1) * 100, 1)} %`,
            number(median(figures[i]?.map(({ p50 }) => p50)), 2)
          ])
        )
      )
    }
  } finally {
    for (const scraper of scrapers) clearInterval(scraper)
    await Promise.all([...servers, collector].map((server) => server.stop()))
  }
}

/** Calls of one measurement of the instruments. */
const recorded = 20_000

/** The records of one private call, around nothing: the request of the client, its tool, the lane, and the request to Kraken. */
const recordsOfCall = Effect.suspend(() => {
  Instruments.calls.add("0123456789ab", "")
  return timed<void, never>((seconds) =>
    Instruments.operations.record(seconds, "tools/call", "get_account_balance", "", "2025-11-25", "tcp")
  )(
    timed<void, never>((seconds) => Instruments.laneWaits.record(seconds, "read", ""))(
      timed<void, never>((seconds) => Instruments.requests.record(seconds, "private/Balance", "", ""))(Effect.void)
    )
  )
})

/** Measures in this process what the records of a call cost: the best of several rounds, which other load disturbs least. */
const instruments = async (): Promise<void> => {
  await Effect.runPromise(Effect.replicateEffect(recordsOfCall, recorded, { discard: true }))
  const microseconds = async () => {
    const times: Array<number> = []
    for (let turn = 0; turn < 5 * turns; turn++) {
      const began = performance.now()
      await Effect.runPromise(Effect.replicateEffect(recordsOfCall, recorded, { discard: true }))
      times.push(((performance.now() - began) / recorded) * 1000)
    }
    return Math.min(...times)
  }
  const off = await microseconds()
  await Effect.runPromise(startRecording)
  const on = await microseconds()
  print(
    table(
      "15. The records of one private call",
      ["metrics", "µs"],
      [
        ["off", number(off, 2)],
        ["on", number(on, 2)]
      ]
    )
  )
}

const cpuOf = (figures: ReadonlyArray<Figures> | undefined) => median(figures?.map(({ cpu }) => cpu ?? Number.NaN))

const median = (values: ReadonlyArray<number> | undefined): number => {
  const sorted = (values ?? []).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
