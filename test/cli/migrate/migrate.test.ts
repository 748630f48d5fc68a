import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect } from "effect"
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import type { Item } from "../../../src/cli/migrate/item.ts"
import { makeCommandLine } from "../commandLine.ts"

/** Tokens that the Python server made: `test/golden/state/make.ts` says how. */
const pythonTokens = resolve(import.meta.dirname, "../../golden/state/1/tokens-python.db")

const secret = Buffer.alloc(64, 1).toString("base64")

/** The settings that the Python server documents, with values that it takes. */
const pythonSettings = [
  "# Kraken",
  "KRAKEN_API_KEY=public-part",
  `KRAKEN_API_SECRET=${secret}`,
  "mcp_kraken_host=127.0.0.1",
  "MCP_KRAKEN_PORT=8765",
  "MCP_KRAKEN_PATH=/mcp",
  "MCP_KRAKEN_TOKEN_DB=./data/tokens.db",
  "MCP_KRAKEN_HTTP_TIMEOUT=30.0",
  "MCP_KRAKEN_LOG_LEVEL=INFO",
  "MCP_KRAKEN_AUTH_DISABLED=false",
  "MCP_KRAKEN_API=spot",
  "KRAKEN_FUTURES_API_KEY=futures-key",
  "OTHER=1"
]

/** A folder of the Python server: its settings, and its tokens. */
const makePython = (lines: ReadonlyArray<string> = pythonSettings, hasTokens = true) =>
  Effect.map(makeCommandLine, ({ folder, run }) => {
    writeFileSync(join(folder, ".env"), `${lines.join("\n")}\n`, { mode: 0o600 })
    mkdirSync(join(folder, "data"))
    if (hasTokens) copyFileSync(pythonTokens, join(folder, "data", "tokens.db"))
    return {
      folder,
      /** Runs the check, and returns the subjects of its items by what becomes of them. */
      check: Effect.fnUntraced(function* (env: Readonly<Record<string, string>> = {}, ...words: ReadonlyArray<string>) {
        const { code, stderr, stdout } = yield* run(["migrate", "check", "--json", ...words], env)
        assert.strictEqual(stderr, "")
        const report: { readonly starts: boolean; readonly items: ReadonlyArray<Item> } = JSON.parse(stdout)
        const subjects = (effect: Item["effect"]) =>
          report.items.filter((item) => item.effect === effect).map(({ subject }) => subject)
        return {
          code,
          text: stdout,
          starts: report.starts,
          blocking: subjects("blocking"),
          kept: subjects("kept"),
          changed: subjects("changed"),
          ignored: subjects("ignored")
        }
      }),
      print: run(["migrate", "check"])
    }
  })

describe("migrate check", () => {
  it.scopedLive("says that the server starts with the files of the Python server, and shows no secret", () =>
    Effect.gen(function* () {
      const { check, folder, print } = yield* makePython()
      const before = readFileSync(join(folder, "data/tokens.db"))
      const found = yield* check()
      assert.deepInclude(found, { code: 0, starts: true, blocking: [] })
      assert.includeMembers(found.kept, [
        "KRAKEN_API_KEY",
        "KRAKEN_API_SECRET",
        "MCP_KRAKEN_HOST",
        "MCP_KRAKEN_PORT",
        "MCP_KRAKEN_TOKEN_DB",
        "MCP_KRAKEN_HTTP_TIMEOUT",
        "tokens",
        "address"
      ])
      assert.deepStrictEqual(found.ignored, ["MCP_KRAKEN_API", "KRAKEN_FUTURES_API_KEY"])
      assert.includeMembers(found.changed, ["nonces", "tools"])
      const { code, stdout } = yield* print
      assert.strictEqual(code, 0)
      for (const text of [found.text, stdout])
        for (const hidden of [secret, "public-part", "futures-key"]) assert.notInclude(text, hidden)
      // Nothing was changed, and no file was made.
      assert.deepStrictEqual(readFileSync(join(folder, "data/tokens.db")), before)
      assert.deepStrictEqual(readdirSync(join(folder, "data")), ["tokens.db"])
    })
  )

  it.scopedLive("counts the tokens by their modes", () =>
    Effect.gen(function* () {
      const { check, folder } = yield* makePython()
      const db = new Database(join(folder, "data/tokens.db"))
      const rows = db.prepare("SELECT revoked_at, expires_at FROM tokens").all() as ReadonlyArray<
        Record<string, string>
      >
      db.close()
      const revoked = rows.filter((row) => row["revoked_at"] !== null).length
      const { text } = yield* check()
      assert.include(text, `${revoked} revoked`)
      assert.match(text, /\d+ good in live and in paper mode, 0 in paper mode only/)
    })
  )

  it.scopedLive.each([
    { why: "an unknown setting", lines: ["MCP_KRAKEN_REED_ONLY=true"], blocking: ["MCP_KRAKEN_REED_ONLY"] },
    { why: "half a key", lines: ["KRAKEN_API_KEY=public-part"], blocking: ["KRAKEN_API_SECRET"] },
    {
      why: "a value that is not taken",
      lines: ["MCP_KRAKEN_AUTH_DISABLED=yes"],
      blocking: ["MCP_KRAKEN_AUTH_DISABLED"]
    },
    {
      why: "a reference to another variable",
      lines: ["FOLDER=/data", "MCP_KRAKEN_TOKEN_DB=${FOLDER}/tokens.db"],
      blocking: ["MCP_KRAKEN_TOKEN_DB"]
    },
    { why: "the futures API", lines: ["MCP_KRAKEN_API=futures"], blocking: ["MCP_KRAKEN_API"] },
    {
      why: "a certificate that is missing",
      lines: ["MCP_KRAKEN_SSL_KEYFILE=key.pem", "MCP_KRAKEN_SSL_CERTFILE=cert.pem"],
      blocking: ["TLS", "TLS"]
    },
    { why: "a line that is no setting", lines: ["set MCP_KRAKEN_PORT=1"], blocking: ["MCP_KRAKEN_PORT"] }
  ])("ends with 1 for $why", ({ blocking, lines }) =>
    Effect.gen(function* () {
      const { check } = yield* makePython(lines)
      assert.deepInclude(yield* check(), { code: 1, starts: false, blocking })
    })
  )

  it.scopedLive("ends with 1 for a token database that is none, and tells a missing one apart", () =>
    Effect.gen(function* () {
      const { check, folder } = yield* makePython(pythonSettings, false)
      const missing = yield* check()
      assert.strictEqual(missing.code, 0)
      assert.include(missing.changed, "tokens")
      writeFileSync(join(folder, "data/tokens.db"), "no database")
      assert.deepInclude(yield* check(), { code: 1, blocking: ["tokens"] })
    })
  )

  it.scopedLive("reads the file that is named, and variables of the environment", () =>
    Effect.gen(function* () {
      const { check, folder } = yield* makePython([])
      writeFileSync(join(folder, "old.env"), "MCP_KRAKEN_PORT=many\n", { mode: 0o600 })
      assert.deepInclude(yield* check({}, "--env-file", "old.env"), { code: 1, blocking: ["MCP_KRAKEN_PORT"] })
      assert.include((yield* check({ MCP_KRAKEN_TIER: "pro" })).kept, "MCP_KRAKEN_TIER")
      assert.strictEqual((yield* check({ MCP_KRAKEN_TIER: "gold" })).code, 1)
    })
  )
})
