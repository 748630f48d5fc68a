import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { layout } from "../../src/layers/access/record/layout.ts"
import { openImmediateDatabase } from "../../src/layers/storage/immediateDatabase.ts"
import { servedExchange } from "../exchange/rest/served.ts"
import { houseBeside } from "../serve/Server.ts"
import { makeCommandLine } from "./commandLine.ts"

/** Settings of the accounts desk, which may trade, and cold, which may read, at the simulated exchange. */
const makeHouse = Effect.gen(function* () {
  const { keys, url } = yield* servedExchange()
  const none = { key: "", secret: "" }
  const { folder, variables } = yield* houseBeside(url, keys["full"] ?? none)
  const { KRAKEN_API_KEY: key, KRAKEN_API_SECRET: secret, ...others } = variables
  const house = {
    ...others,
    MCP_KRAKEN_ACCOUNTS: "desk,cold",
    KRAKEN_DESK_API_KEY: String(key),
    KRAKEN_DESK_API_SECRET: String(secret),
    KRAKEN_COLD_API_KEY: (keys["trade"] ?? none).key,
    KRAKEN_COLD_API_SECRET: (keys["trade"] ?? none).secret
  }
  // Without a record, a stop would wait a minute for writes that it does not know.
  yield* Effect.scoped(openImmediateDatabase({ file: join(folder, "authority.db"), layout }))
  const { run } = yield* makeCommandLine
  return (words: string, more: Record<string, string> = {}, input = "") =>
    run(words.split(" "), { ...house, ...more }, input)
})

const order = '{"pair":"BTC/USD","type":"buy","ordertype":"limit","price":"1000","volume":"0.001"}'

describe("Kraken accounts on the command line", () => {
  it.scopedLive("are the ones for which tokens and calls are, and no other name is taken", () =>
    Effect.gen(function* () {
      const run = yield* makeHouse
      const made = yield* run("token create trader --account desk --json")
      assert.strictEqual(JSON.parse(made.stdout).account, "desk")
      const plain = yield* run("token create other --json")
      assert.notProperty(JSON.parse(plain.stdout), "account")
      const list = yield* run("token list --json")
      assert.sameMembers(
        JSON.parse(list.stdout).map(({ account }: { readonly account?: string }) => account),
        ["desk", undefined]
      )
      const wrong = yield* run("token create x --account dsk")
      assert.strictEqual(wrong.code, 2)
      assert.match(wrong.stderr, /desk.*default, desk, cold/)

      for (const account of ["desk", "cold"]) {
        const mode = yield* run(`call get_trading_mode --account ${account}`)
        assert.include(JSON.parse(mode.stdout).account, account)
      }
      const none = yield* run("call get_trading_mode")
      assert.notMatch(none.stdout, /desk|cold/)
      const unknown = yield* run("call get_trading_mode --account vault")
      assert.strictEqual(unknown.code, 2)
      assert.include(unknown.stderr, "default, desk, cold")
    })
  )

  it.scopedLive("are named by the record, and by doctor", () =>
    Effect.gen(function* () {
      const run = yield* makeHouse
      yield* run("call add_order --account desk --json -", {}, order)
      yield* run("call add_order --account cold --json -", {}, order)
      const list = yield* run("audit list --json")
      assert.deepStrictEqual(
        JSON.parse(list.stdout).map(({ account }: { readonly account?: string }) => account),
        ["cold", "desk"]
      )
      assert.match((yield* run("audit list")).stdout, /Account.*\n(.*\n)*.*cold/)
      assert.strictEqual(JSON.parse((yield* run("audit show 1 --json")).stdout).account, "desk")
      const rows = (yield* run("audit export --jsonl")).stdout.trim().split("\n")
      assert.strictEqual(JSON.parse(rows[0] ?? "").account, "desk")
      const unnamed = yield* run("audit list --json", { MCP_KRAKEN_ACCOUNTS: "" })
      assert.notInclude(unnamed.stdout, "desk")

      const { findings } = JSON.parse((yield* run("doctor --json")).stdout)
      const named = findings.map(({ account }: { readonly account?: string }) => account)
      assert.includeMembers(named, ["desk", "cold"])
    })
  )

  it.scopedLive("are emptied all by a panic, or one of them, even if the settings of another one are wrong", () =>
    Effect.gen(function* () {
      const run = yield* makeHouse
      const reports = ({ stdout }: { readonly stdout: string }) => JSON.parse(stdout)
      const accountsOf = (report: { readonly accounts: ReadonlyArray<{ readonly account: string }> }) =>
        report.accounts.map(({ account }) => account)
      const one = reports(yield* run("panic --json --account cold"))
      assert.deepStrictEqual(accountsOf(one), ["kraken (cold)"])
      assert.isTrue(one.accounts[0].notes.some((note: string) => note.includes("kraken (desk)")))
      const typo = reports(yield* run("panic --json --account desc"))
      assert.deepStrictEqual([accountsOf(typo), typo.done, typo.frozen.file], [[], false, true])
      const broken = reports(yield* run("panic --json", { KRAKEN_COLD_API_SECRET: "" }))
      assert.deepStrictEqual([accountsOf(broken), broken.done], [["kraken (desk)"], false])
      const all = reports(yield* run("panic --json"))
      assert.deepStrictEqual([accountsOf(all), all.done], [["kraken (desk)", "kraken (cold)"], true])
    })
  )

  it.scopedLive("stay unknown to a client whose server cannot start", () =>
    Effect.gen(function* () {
      const run = yield* makeHouse
      const initialize = {
        jsonrpc: "2.0",
        id: 1,
        method: "initialize",
        params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "0" } }
      }
      const { stderr, stdout } = yield* run(
        "serve --stdio --account dsk",
        {},
        `${JSON.stringify(initialize)}\n${JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/list" })}\n`
      )
      assert.include(stderr, "desk")
      assert.notMatch(stdout, /desk|cold/i)
      assert.include(stdout, '"id":1')
    })
  )
})
