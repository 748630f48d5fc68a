import { MetricBoundaries } from "effect"
import { counter, gauge, histogram } from "./instrument.ts"

/**
 * The instruments of this program. Labels hold ids of tokens, names of tools, endpoints and errors: never the name of a
 * token, nor an argument of a call. The label `account` is the name of a Kraken account; the one without a name has none.
 */

/**
 * The boundaries that the conventions for MCP advise, in seconds.
 *
 * @see https://github.com/open-telemetry/semantic-conventions-genai/blob/v0.1.0/docs/gen-ai/mcp.md read 2026-11-29
 */
const ofOperations = MetricBoundaries.fromIterable([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300])

/** Boundaries of requests and waits, in seconds. */
const ofWaits = MetricBoundaries.fromIterable([0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])

/* MCP */

/** The duration of each request of a client. It has the name and the labels of the conventions for MCP. */
export const operations = histogram({
  name: "mcp.server.operation.duration",
  help: "Duration of MCP requests, by method, tool, error, protocol revision and transport.",
  unit: "s",
  labels: ["mcp.method.name", "gen_ai.tool.name", "error.type", "mcp.protocol.version", "network.transport"],
  boundaries: ofOperations
})

export const calls = counter({
  name: "mcp.kraken.calls",
  help: "Tool calls, by the id of the token, or local.",
  unit: "1",
  labels: ["caller", "account"]
})

export const authFailures = counter({
  name: "mcp.kraken.auth.failures",
  help: "Requests without a valid token, by the HTTP status of their answer.",
  unit: "1",
  labels: ["status"]
})

/* Writes */

export const writes = counter({
  name: "mcp.kraken.writes",
  help: "Writes that ended, by endpoint and outcome.",
  unit: "1",
  labels: ["endpoint", "outcome", "error.type", "account"]
})

export const refusals = counter({
  name: "mcp.kraken.refusals",
  help: "Tool calls that were refused, by the layer that refused them and the error.",
  unit: "1",
  labels: ["layer", "error.type", "account"]
})

export const settlements = histogram({
  name: "mcp.kraken.settlement.duration",
  help: "Time to find out what became of a write that no answer confirmed, by endpoint and result.",
  unit: "s",
  labels: ["endpoint", "settlement"],
  boundaries: ofOperations
})

/* Kraken */

export const requests = histogram({
  name: "mcp.kraken.request.duration",
  help: "Duration of requests to Kraken, without the wait for their turn, by endpoint and error.",
  unit: "s",
  labels: ["endpoint", "error.type", "account"],
  boundaries: ofWaits
})

export const laneWaits = histogram({
  name: "mcp.kraken.lane.wait",
  help: "Wait of private requests for their turn in the lane of the API key, by priority.",
  unit: "s",
  labels: ["priority", "account"],
  boundaries: ofWaits
})

export const rateWaits = histogram({
  name: "mcp.kraken.rate.wait",
  help: "Time for which calls are held back by this server's own model of Kraken's rate limits, by limiter.",
  unit: "s",
  labels: ["limiter", "account"],
  boundaries: ofWaits
})

export const rateRefusals = counter({
  name: "mcp.kraken.rate.refusals",
  help: "Calls that Kraken refused for their rate, by limiter, and lockouts.",
  unit: "1",
  labels: ["limiter", "account"]
})

export const nonceResyncs = counter({
  name: "mcp.kraken.nonce.resyncs",
  help: "Refused nonces, by what followed: the request was sent again (retry), or nonces count in nanoseconds (jump).",
  unit: "1",
  labels: ["kind", "account"]
})

export const rateCounter = gauge({
  name: "mcp.kraken.rate.remaining",
  help: "Points left of Kraken's counter of the API key (rest), and of the pair with the fewest of its engine (engine).",
  unit: "1",
  labels: ["limiter", "account"]
})

export const rateMaximum = gauge({
  name: "mcp.kraken.rate.maximum",
  help: "Most points of Kraken's counters.",
  unit: "1",
  labels: ["limiter", "account"]
})

export const clockSkew = gauge({
  name: "mcp.kraken.clock.skew",
  help: "Kraken's clock less the clock of this machine, as far as Kraken's answers tell.",
  unit: "s",
  labels: []
})

/* Kraken's WebSocket. The connection is public (market data) or private (account data). */

export const feedState = gauge({
  name: "mcp.kraken.feed.state",
  help: "1 for the state in which a connection for live data is, 0 for the others: connected, idle, stale or off.",
  unit: "1",
  labels: ["connection", "state", "account"]
})

export const feedReconnects = counter({
  name: "mcp.kraken.feed.reconnects",
  help: "Attempts to connect again after a connection for live data failed.",
  unit: "1",
  labels: ["connection"]
})

export const feedMessages = counter({
  name: "mcp.kraken.feed.messages",
  help: "Messages of live data, by kind: data, heartbeat, pong, acknowledged or unreadable.",
  unit: "1",
  labels: ["connection", "kind"]
})

export const feedChecksumFailures = counter({
  name: "mcp.kraken.feed.checksum.failures",
  help: "Live order books that differed from Kraken's checksum, and were asked for again.",
  unit: "1",
  labels: []
})

/* The record */

export const recordUp = gauge({
  name: "mcp.kraken.record.up",
  help: "1 if the record can be read, else 0. Without it no write is sent except cancels.",
  unit: "1",
  labels: []
})

export const recordHead = gauge({
  name: "mcp.kraken.record.head",
  help: "Number of the newest row of the record.",
  unit: "1",
  labels: []
})

export const intents = gauge({
  name: "mcp.kraken.intents",
  help: "Recorded writes whose outcome is open, or unknown.",
  unit: "1",
  labels: ["state", "account"]
})

export const approvals = gauge({
  name: "mcp.kraken.approvals",
  help: "Plans in the record, by state.",
  unit: "1",
  labels: ["state", "account"]
})

export const frozen = gauge({
  name: "mcp.kraken.frozen",
  help: "1 if all writes but cancels are stopped, else 0.",
  unit: "1",
  labels: []
})

export const frozenCallers = gauge({
  name: "mcp.kraken.frozen.callers",
  help: "Callers whose writes but cancels are stopped.",
  unit: "1",
  labels: []
})

const budgetLabels = ["caller", "limit", "currency", "account"] as const

export const budgetUsed = gauge({
  name: "mcp.kraken.budget.used",
  help: "Amount that counts against a limit, reserved amounts included. The caller of server-wide limits is server.",
  unit: "1",
  labels: budgetLabels
})

export const budgetReserved = gauge({
  name: "mcp.kraken.budget.reserved",
  help: "Part of the used amount that open writes and orders can still take.",
  unit: "1",
  labels: budgetLabels
})

export const budgetAllowed = gauge({
  name: "mcp.kraken.budget.allowed",
  help: "Amount that a limit allows.",
  unit: "1",
  labels: budgetLabels
})

/* The process */

export const build = gauge({
  name: "mcp.kraken.build.info",
  help: "Version of this server and of Node, and the mode; the value is 1.",
  unit: "1",
  labels: ["version", "node", "mode"]
})

/** The delays of the event loop have the names of the conventions for Node.js. */
const eventLoop = (quantile: string, words: string) =>
  gauge({
    name: `nodejs.eventloop.delay.${quantile}`,
    help: `Event loop delay since the last reading: ${words}.`,
    unit: "s",
    labels: []
  })

export const eventLoopP50 = eventLoop("p50", "the median")
export const eventLoopP99 = eventLoop("p99", "the 99th percentile")
export const eventLoopMax = eventLoop("max", "the longest")

export const memory = gauge({
  name: "process.resident.memory",
  help: "Resident memory.",
  unit: "By",
  labels: []
})
