import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import * as Instruments from "../../src/layers/metrics/instruments.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import { makeHouse, overHttp, run, serveHttp } from "./Server.ts"

const docs = resolve(import.meta.dirname, "../../docs")

const alerts = readFileSync(join(docs, "alerts.yml"), "utf8")

const dashboard = readFileSync(join(docs, "grafana.json"), "utf8")

/** `promtool` of Prometheus (Debian: apt-get install prometheus). Tests that need it are skipped without it. */
const promtool = (args: ReadonlyArray<string>, input = "") => {
  const { status, stderr, stdout } = spawnSync("promtool", args, { input, encoding: "utf8" })
  return { status, output: `${stdout}${stderr}` }
}

const hasPromtool = promtool(["--version"]).status === 0

/** Metrics of a server that has served calls of every kind. */
const scraped = Effect.gen(function* () {
  const { fake, ...house } = yield* makeHouse
  const server = yield* serveHttp(house, [], { MCP_KRAKEN_METRICS: "token", MCP_KRAKEN_TIER: "starter" })
  const client = yield* overHttp(server)
  const call = (name: string, args: Record<string, unknown> = {}) =>
    Effect.promise(() => client.callTool({ name, arguments: args }))
  yield* call("get_server_time")
  yield* call("get_account_balance")
  yield* call("get_ticker", { secret_argument: "a-secret-value" })
  const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "1", price: "10000" }
  yield* call("add_order", order)
  yield* call("get_no_such_thing").pipe(Effect.catchAllDefect(() => Effect.void))
  const origin = new URL(server.url).origin
  const ask = Effect.fnUntraced(function* (path: string, headers: Record<string, string>) {
    const response = yield* Effect.promise(() => fetch(`${origin}${path}`, { headers }))
    return { status: response.status, text: yield* Effect.promise(() => response.text()) }
  })
  yield* ask("/metrics", {})
  const ready = yield* ask("/ready", {})
  const { text } = yield* ask("/metrics", { authorization: `Bearer ${server.token}` })
  return { fake, ready, text, token: server.token, log: server.log() }
})

const valueOf = (text: string, series: string) =>
  text
    .split("\n")
    .find((line) => line.startsWith(`${series} `))
    ?.slice(series.length + 1)

describe("metrics of a running server", () => {
  it.scopedLive("count its calls, writes and refusals, and say nothing of their arguments", () =>
    Effect.gen(function* () {
      const { fake, log, ready, text, token } = yield* scraped
      const operation = (labels: string) =>
        valueOf(
          text,
          `mcp_server_operation_duration_seconds_count{${labels},mcp_protocol_version="2025-11-25",network_transport="tcp"}`
        )
      assert.strictEqual(operation('mcp_method_name="tools/call",gen_ai_tool_name="add_order"'), "1")
      assert.strictEqual(
        operation('mcp_method_name="tools/call",gen_ai_tool_name="get_ticker",error_type="InvalidArguments"'),
        "1"
      )
      assert.strictEqual(operation('mcp_method_name="tools/call",error_type="-32602"'), "1")
      const value = (series: string) => valueOf(text, series)
      assert.strictEqual(value('mcp_kraken_refusals_total{layer="arguments",error_type="InvalidArguments"}'), "1")
      assert.strictEqual(value('mcp_kraken_writes_total{endpoint="private/AddOrder",outcome="happened"}'), "1")
      assert.strictEqual(value('mcp_kraken_auth_failures_total{status="401"}'), "1")
      assert.strictEqual(value('mcp_kraken_intents{state="open"}'), "0")
      assert.strictEqual(value("mcp_kraken_record_up"), "1")
      assert.strictEqual(value("mcp_kraken_frozen"), "0")
      assert.isAtLeast(Number(value("mcp_kraken_record_head")), 2)
      assert.strictEqual(value('mcp_kraken_rate_maximum{limiter="rest"}'), "15")
      assert.strictEqual(value('mcp_kraken_rate_maximum{limiter="engine"}'), "60")
      assert.isBelow(Number(value('mcp_kraken_rate_remaining{limiter="engine"}')), 60)
      const feeds = [...text.matchAll(/^mcp_kraken_feed_state\{connection="(\w+)",state="\w+"\} 1$/gm)]
      assert.deepStrictEqual(
        feeds.map(([, connection]) => connection),
        ["private", "public"]
      )
      assert.strictEqual(value("mcp_kraken_feed_checksum_failures_total"), "0")
      assert.strictEqual(value('mcp_kraken_feed_reconnects_total{connection="public"}'), "0")
      assert.strictEqual(value('mcp_kraken_request_duration_seconds_count{endpoint="private/AddOrder"}'), "1")
      assert.isAtLeast(Number(value('mcp_kraken_lane_wait_seconds_count{priority="write"}')), 1)
      assert.isDefined(value("mcp_kraken_clock_skew_seconds"))
      assert.match(text, /^mcp_kraken_build_info\{version="[^"]+",node="v\d+[^"]*",mode="live"\} 1$/m)
      assert.match(text, /^mcp_kraken_calls_total\{caller="[0-9a-f]{12}"\} 4$/m)
      const { key, secret } = fake.keys.full
      for (const hidden of [key, secret, token, "a-secret-value", "secret_argument", "get_no_such_thing", "test"])
        assert.notInclude(text, hidden)
      assert.deepStrictEqual(ready, { status: 200, text: '{"status":"ready"}' })
      assert.match(
        log,
        /tool=add_order outcome=ok toolMs=\d+ endpoint=private\/AddOrder pair=BTC\/USD side=buy ids=\S+$/m
      )
    })
  )

  it.scopedLive("show what is used and reserved of each budget, by the id of its token, and who is frozen", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const variables = {
        MCP_KRAKEN_MODE: "paper",
        MCP_KRAKEN_PAPER_MARKET: "synthetic",
        MCP_KRAKEN_TIER: "off",
        MCP_KRAKEN_METRICS: "token",
        MCP_KRAKEN_STATE_DIR: folder,
        MCP_KRAKEN_TOKEN_DB: join(folder, "tokens.db")
      }
      const { id, token } = JSON.parse(
        (yield* run(["token", "create", "agent", "--budget", "500USD", "--json"], variables)).stdout
      )
      const { url } = yield* serveHttp({ folder, variables })
      const client = yield* overHttp({ url, token })
      const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "0.06", price: "1000" }
      yield* Effect.promise(() => client.callTool({ name: "add_order", arguments: order }))
      const scrape = Effect.gen(function* () {
        const headers = { authorization: `Bearer ${token}` }
        const response = yield* Effect.promise(() => fetch(new URL("/metrics", url), { headers }))
        return yield* Effect.promise(() => response.text())
      })
      const text = yield* scrape
      const [allowed, used, reserved] = ["allowed", "used", "reserved"].map((of) =>
        Number(valueOf(text, `mcp_kraken_budget_${of}{caller="${id}",limit="max/day",currency="USD"}`))
      )
      assert.strictEqual(allowed, 500)
      assert.isAtLeast(used ?? 0, 60)
      assert.isBelow(used ?? 0, 61)
      assert.strictEqual(reserved, used)
      assert.strictEqual(valueOf(text, "mcp_kraken_frozen_callers"), "0")
      assert.strictEqual((yield* run(["token", "freeze", id], variables)).code, 0)
      assert.strictEqual(valueOf(yield* scrape, "mcp_kraken_frozen_callers"), "1")
    })
  )

  it.scopedLive.skipIf(!hasPromtool)("are valid for Prometheus (needs promtool: apt-get install prometheus)", () =>
    Effect.gen(function* () {
      const { text } = yield* scraped
      const { output, status } = promtool(["check", "metrics"], text)
      assert.strictEqual(status, 0, output)
      assert.strictEqual(output, "")
    })
  )
})

/** The dotted name of an instrument, as it begins the names of its series. */
const stem = (name: string) =>
  name
    .replaceAll(".", "_")
    .replace(/_(?:bucket|count|sum|total)$/, "")
    .replace(/_(?:seconds|bytes)$/, "")

const known = new Set(Object.values(Instruments).map(({ name }) => stem(name)))

const named = (text: string) => new Set((text.match(/\b(?:mcp|nodejs|process)_[a-z0-9_]+/g) ?? []).map(stem))

/** Names of labels, which look like those of series. */
const labels = new Set(["mcp_method_name", "mcp_protocol_version"])

const unknownIn = (text: string) => [...named(text)].filter((name) => !known.has(name) && !labels.has(name))

describe("alert rules and dashboard", () => {
  it("name only metrics that the server has", () => {
    assert.isAtLeast(named(alerts).size, 10)
    assert.isAtLeast(named(dashboard).size, 20)
    assert.deepStrictEqual(unknownIn(alerts), [])
    assert.deepStrictEqual(unknownIn(dashboard), [])
  })

  it("show each metric in the dashboard", () => {
    const shown = named(dashboard)
    assert.deepStrictEqual(
      [...known].filter((name) => !shown.has(name)),
      []
    )
  })

  it.skipIf(!hasPromtool)("are valid for Prometheus (needs promtool: apt-get install prometheus)", () => {
    const { output, status } = promtool(["check", "rules", "--lint=all", "--lint-fatal", join(docs, "alerts.yml")])
    assert.strictEqual(status, 0, output)
  })
})
