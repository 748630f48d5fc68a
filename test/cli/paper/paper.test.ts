import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { copyFileSync } from "node:fs"
import { join } from "node:path"
import { as, paperIn, read, resting, write } from "../../doubles/TestPaper.ts"
import { makeCommandLine } from "../commandLine.ts"

describe("paper", () => {
  it.scopedLive("shows, funds and resets an account that a running server uses", () =>
    Effect.gen(function* () {
      const { folder, run } = yield* makeCommandLine
      const env = { MCP_KRAKEN_STATE_DIR: folder, MCP_KRAKEN_PAPER_BALANCES: "EUR=7" }
      const none = yield* run(["paper", "show"], env)
      assert.deepInclude(none, { code: 1, stdout: "" })
      assert.isNotEmpty(none.stderr)

      yield* Effect.gen(function* () {
        yield* write("private/AddOrder", resting)
        const shown = yield* run(["paper", "show"], env)
        assert.strictEqual(shown.code, 0, shown.stderr)
        for (const named of ["local", "synthetic", join(folder, "paper.db")])
          assert.include(shown.stdout.split("\n", 1)[0], named)
        assert.match(shown.stdout, /^USD +10000\.0000 +1\.00\d+$/m)
        assert.match(shown.stdout, /^O\S+ +buy 0\.00100000 XBTUSD @ limit 1000\.0 +open$/m)

        const given = yield* run(["paper", "deposit", "btc", "0.5", "--account", "local"], env)
        assert.deepInclude(given, { code: 0, stderr: "" })
        assert.match(given.stdout, /0\.5 BTC.* local/)
        assert.deepInclude(yield* read("private/Balance"), { XXBT: "0.5000000000" })
        const { stdout } = yield* run(["paper", "show", "--json"], env)
        assert.deepInclude(JSON.parse(stdout), {
          account: "local",
          market: "synthetic",
          file: join(folder, "paper.db")
        })
        assert.deepInclude(JSON.parse(stdout).balances, {
          asset: "BTC",
          balance: "0.5000000000",
          in_orders: "0.0000000000"
        })

        const wrong = yield* run(["paper", "deposit", "FOO", "1"], env)
        assert.deepInclude(wrong, { code: 2, stdout: "" })
        assert.match(wrong.stderr, /^ASSET: .*"FOO"\n$/)
        const little = yield* run(["paper", "deposit", "USD", "0.00001"], env)
        assert.deepInclude(little, { code: 2, stdout: "" })

        yield* as("aabbccddeeff")(read("private/Balance"))
        const which = yield* run(["paper", "reset"], env)
        assert.deepInclude(which, { code: 2, stdout: "" })
        assert.match(which.stderr, /\n {2}--account aabbccddeeff --market synthetic\n {2}--account local /)
        const reset = yield* run(["paper", "reset", "--account", "local"], env)
        assert.strictEqual(reset.code, 0)
        assert.match(reset.stdout, / local .*7 EUR/)
        assert.deepStrictEqual(yield* read("private/Balance"), { ZEUR: "7.0000" })
        assert.deepStrictEqual(yield* as("aabbccddeeff")(read("private/Balance")), { ZUSD: "10000.0000" })
      }).pipe(Effect.provide(paperIn(folder)))
    })
  )

  it.scopedLive("goes on from an older file only if the operator says so", () =>
    Effect.gen(function* () {
      const { folder, run } = yield* makeCommandLine
      const env = { MCP_KRAKEN_STATE_DIR: folder }
      const place = Effect.provide(write("private/AddOrder", resting), paperIn(folder))
      yield* place
      copyFileSync(join(folder, "paper.db"), join(folder, "older"))
      yield* place
      copyFileSync(join(folder, "older"), join(folder, "paper.db"))
      const refused = yield* run(["paper", "show"], env)
      assert.deepInclude(refused, { code: 1, stdout: "" })
      assert.match(refused.stderr, /mcp-kraken paper accept --account local/)
      const accepted = yield* run(["paper", "accept", "--json"], env)
      assert.strictEqual(accepted.code, 0, accepted.stderr)
      assert.deepInclude(JSON.parse(accepted.stdout), { account: "local", market: "synthetic" })
      const { stdout } = yield* run(["paper", "show", "--json"], env)
      assert.lengthOf(JSON.parse(stdout).open_orders, 1)
    })
  )

  it.scopedLive("is started by its flag, creates the first token, and shows it once and not in the log", () =>
    Effect.gen(function* () {
      const { serve, run } = yield* makeCommandLine
      const env = { MCP_KRAKEN_HOST: "127.0.0.1", MCP_KRAKEN_LOG_LEVEL: "DEBUG" }
      const args = ["--port", "0", "--paper", "--market", "synthetic", "--first-token"]
      const first = yield* serve(args, env)
      const told = yield* first.told("tools/list")
      assert.match(told, /PAPER MODE.*synthetic market/)
      assert.match(told, /^Paper mode: /m)
      const [token] = /mck_[\w-]{43}/.exec(told) ?? []
      assert.isDefined(token)
      assert.notMatch(
        told
          .split("\n")
          .filter((line) => line.startsWith("timestamp="))
          .join("\n"),
        /mck_[\w-]{43}/
      )
      assert.strictEqual((yield* first.stop).code, 0)
      const second = yield* serve(args, env)
      const again = yield* second.told("tools/list")
      assert.notMatch(again, /mck_[\w-]{43}/)
      assert.match(again, / token create my-client --paper$/m)
      assert.strictEqual((yield* second.stop).code, 0)
      const both = yield* run(["serve", "--paper"], { ...env, MCP_KRAKEN_MODE: "live" })
      assert.deepInclude(both, { code: 2, stdout: "" })
      assert.match(both.stderr, /MCP_KRAKEN_MODE: live.*--paper/)
      for (const words of [
        ["--stdio", "--paper"],
        ["--paper", "--stdio"]
      ]) {
        assert.deepStrictEqual(yield* run(["serve", ...words], { ...env, MCP_KRAKEN_MODE: "live" }), both)
      }
      const stdio = yield* run(["serve", "--stdio", "--first-token"], env)
      assert.deepInclude(stdio, { code: 2, stdout: "" })
      assert.match(stdio.stderr, /^--first-token: .*--stdio/)
    })
  )

  it.scopedLive("refuses its first token for the real account, and a live server explains how to create another", () =>
    Effect.gen(function* () {
      const { run, serve } = yield* makeCommandLine
      const env = { MCP_KRAKEN_HOST: "127.0.0.1", MCP_KRAKEN_LOG_FORMAT: "json" }
      const paper = ["--port", "0", "--paper", "--market", "synthetic"]
      const first = yield* serve([...paper, "--first-token"], env)
      const toldOnPaper = yield* first.told("tools/list")
      const trial = /mck_[\w-]{43}/.exec(toldOnPaper)?.[0] ?? ""
      assert.strictEqual((yield* ask(toldOnPaper, trial)).status, 200)
      yield* first.stop

      const secret = Buffer.alloc(64).toString("base64")
      const key = { ...env, KRAKEN_BASE_URL: "http://127.0.0.1:9", KRAKEN_API_KEY: "key", KRAKEN_API_SECRET: secret }
      const live = yield* serve(["--port", "0"], key)
      const toldLive = yield* live.told("tools/list")
      assert.match(toldLive, /LIVE MODE.* http:\/\/127\.0\.0\.1:9\b/)
      assert.match(toldLive, /^Live mode: .* http:\/\/127\.0\.0\.1:9\.$/m)
      assert.match(toldLive, /\btokens for paper mode\b/)
      assert.match(toldLive, / token create my-client$/m)
      const refused = yield* ask(toldLive, trial)
      assert.strictEqual(refused.status, 401)
      const unknown = yield* ask(toldLive, `mck_${"a".repeat(43)}`)
      assert.strictEqual(unknown.status, 401)
      assert.notStrictEqual(unknown.text, refused.text)
      yield* live.told('outcome":"TokenForPaper')

      const { stdout } = yield* run(["token", "create", "desk", "--json"])
      const { token: desk } = JSON.parse(stdout)
      assert.strictEqual((yield* ask(toldLive, desk)).status, 200)
      assert.strictEqual((yield* ask(toldLive, trial)).status, 401)
      yield* live.stop
      const again = yield* serve(paper, env)
      const toldAgain = yield* again.told("mcp-kraken serves")
      for (const token of [trial, desk]) assert.strictEqual((yield* ask(toldAgain, token)).status, 200)
    })
  )

  it.scopedLive("lets a live server create its first token if only paper tokens exist", () =>
    Effect.gen(function* () {
      const { run, serve } = yield* makeCommandLine
      const env = { MCP_KRAKEN_HOST: "127.0.0.1" }
      yield* run(["token", "create", "trial", "--paper"])
      const live = yield* serve(["--port", "0", "--first-token"], env)
      const told = yield* live.told("tools/list")
      assert.strictEqual((yield* ask(told, /mck_[\w-]{43}/.exec(told)?.[0] ?? "")).status, 200)
    })
  )

  it.scopedLive("creates no token if authentication is off", () =>
    Effect.gen(function* () {
      const { run, serve } = yield* makeCommandLine
      const args = ["--port", "0", "--paper", "--market", "synthetic", "--first-token"]
      const open = yield* serve(args, { MCP_KRAKEN_HOST: "127.0.0.1", MCP_KRAKEN_AUTH_DISABLED: "true" })
      yield* open.told("mcp-kraken serves")
      assert.strictEqual((yield* run(["token", "list", "--all", "--json"])).stdout, "[]\n")
    })
  )
})

/** Pings the server at the address that it printed. */
const ask = Effect.fnUntraced(function* (told: string, token: string) {
  const url = /mcp-kraken serves (\S+)/.exec(told)?.[1] ?? ""
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream"
  }
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" })
  const response = yield* Effect.promise(() => fetch(url, { method: "POST", headers, body }))
  return { status: response.status, text: yield* Effect.promise(() => response.text()) }
})
