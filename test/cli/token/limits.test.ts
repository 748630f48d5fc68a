import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeCommandLine } from "../commandLine.ts"

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

/** The command line of an operator, whose Kraken does not answer. */
const makeOperator = Effect.map(makeCommandLine, ({ folder, run, serve }) => {
  const env = { KRAKEN_BASE_URL: "http://127.0.0.1:1", MCP_KRAKEN_STATE_DIR: join(folder, "state") }
  const token = (words: string, more: Readonly<Record<string, string>> = {}) =>
    run(["token", ...words.split(" ")], { ...env, ...more })
  const json = (words: string, more?: Readonly<Record<string, string>>) =>
    Effect.map(token(`${words} --json`, more), ({ stdout }) => JSON.parse(stdout))
  return {
    folder,
    env,
    run,
    serve,
    token,
    json,
    /** Runs a command with a passphrase on its standard input. */
    withPassphrase: (words: string, ...lines: ReadonlyArray<string>) =>
      run([...words.split(" "), "--passphrase-fd", "0"], env, lines.join("\n")),
    authority: join(env.MCP_KRAKEN_STATE_DIR, "authority.db"),
    tokens: join(folder, "data", "tokens.db")
  }
})

describe("tokens with limits", () => {
  it.scopedLive("are created with a budget for 90 days, and no other program finds their hash", () =>
    Effect.gen(function* () {
      const { authority, json, tokens } = yield* makeOperator
      const { created_at, expires_at, id, terms, token } = yield* json("create agent --budget 500USD")
      assert.strictEqual(Date.parse(expires_at) - Date.parse(created_at), 90 * 86_400_000)
      assert.deepInclude(terms, { access: "trade", capital: { amount: "500", asset: "USD" } })
      const hash = new Database(tokens, { readonly: true }).prepare("SELECT token_hash FROM tokens").pluck().get()
      assert.strictEqual(hash, `v2:mandate:${sha256(token)}`)
      const saved = new Database(authority, { readonly: true })
        .prepare("SELECT token, revision, terms FROM mandates")
        .get()
      assert.deepInclude(saved, { token: id, revision: 1 })
      const shown = yield* json(`show ${id}`)
      assert.deepStrictEqual(shown.mandate, { revision: 1, subject: id, terms })
      assert.isNull(shown.frozen)
    })
  )

  it.scopedLive("are refused in words if a limit is nonsense, and nothing is made", () =>
    Effect.gen(function* () {
      const { folder, token } = yield* makeOperator
      for (const flags of [
        "--budget -5USD",
        "--max 5USD/day --access trade",
        "--max 9USD/order,5USD/day --access trade"
      ]) {
        const { code, stderr, stdout } = yield* token(`create agent ${flags}`)
        assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" }, flags)
        assert.match(stderr, /^--/, flags)
      }
      for (const made of ["data", "state"]) assert.isFalse(existsSync(join(folder, made)))
    })
  )

  it.scopedLive("change one limit at a time, and the second of two operators is told", () =>
    Effect.gen(function* () {
      const { json, token } = yield* makeOperator
      const { id } = yield* json("create agent --budget 500USD")
      const { revision, terms } = yield* json(`update ${id} --max 50USD/order`)
      assert.strictEqual(revision, 2)
      assert.deepStrictEqual(terms.spending, { currency: "USD", max: { order: "50", day: "500" } })
      const stale = yield* token(`update ${id} --max 400USD/day --revision 1`)
      assert.deepInclude(stale, { code: 1, stdout: "" })
      assert.match(stale.stderr, /\b2\b.*\b1\b/)
      // Two at once: one of them wins, and the other one does not overwrite it.
      const both = yield* Effect.all(
        ["1", "2"].map((count) => token(`update ${id} --max-open ${count} --revision 2`)),
        { concurrency: 2 }
      )
      assert.deepStrictEqual(both.map(({ code }) => code).toSorted(), [0, 1])
      assert.strictEqual((yield* json(`show ${id}`)).mandate.revision, 3)
    })
  )

  it.scopedLive("lose their limits only if that is said, and get new ones under the same subject", () =>
    Effect.gen(function* () {
      const { json, token, tokens } = yield* makeOperator
      const { id, token: secret } = yield* json("create agent --budget 500USD")
      assert.strictEqual((yield* token(`update ${id}`)).code, 2)
      assert.strictEqual((yield* token(`update ${id} --budget 5USD --remove-limits`)).code, 2)
      assert.strictEqual((yield* token(`update ${id} --remove-limits`)).code, 0)
      const stored = () =>
        new Database(tokens, { readonly: true }).prepare("SELECT token_hash FROM tokens").pluck().get()
      assert.strictEqual(stored(), sha256(secret))
      assert.deepInclude((yield* json("list"))[0], { id, mandate: null })
      assert.deepInclude(yield* json(`update ${id} --budget 5USD`), { revision: 3 })
      assert.strictEqual(stored(), `v2:mandate:${sha256(secret)}`)
    })
  )

  it.scopedLive("are given to a token without any only with an access that is said", () =>
    Effect.gen(function* () {
      const { json, token } = yield* makeOperator
      const { id } = yield* json("create agent")
      for (const flags of ["--pairs BTC/USD", "--calls 60/min"]) {
        const refused = yield* token(`update ${id} ${flags}`)
        assert.deepInclude(refused, { code: 2, stdout: "" }, flags)
        assert.match(refused.stderr, /^--access: /, flags)
      }
      assert.isNull((yield* json(`show ${id}`)).mandate)
      const { terms } = yield* json(`update ${id} --calls 60/min --access read`)
      assert.deepInclude(terms, { access: "read", calls: { min: 60 } })
      // Later changes keep it.
      assert.deepInclude((yield* json(`update ${id} --calls 50/min`)).terms, { access: "read" })
    })
  )

  it.scopedLive("are replaced by a token with the same limits, frozen if the old one was", () =>
    Effect.gen(function* () {
      const { json, token } = yield* makeOperator
      const { id, terms } = yield* json("create agent --budget 500USD")
      yield* token(`freeze ${id} --reason odd`)
      const next = yield* json(`rotate ${id}`)
      assert.notStrictEqual(next.id, id)
      const shown = yield* json(`show ${next.id}`)
      assert.deepStrictEqual(shown.mandate, { revision: 2, subject: id, terms })
      assert.deepInclude(shown.frozen, { by: "local", reason: "odd" })
      assert.strictEqual((yield* json(`show ${id}`)).status, "revoked")
      // What was revoked can be replaced too, but it does not have the limits any more.
      assert.strictEqual((yield* token(`rotate ${id}`)).code, 1)
    })
  )

  it.scopedLive("can be frozen, revoked and listed while other settings are wrong", () =>
    Effect.gen(function* () {
      const { folder, json, token } = yield* makeOperator
      const wrong = { MCP_KRAKEN_PORT: "many", MCP_KRAKEN_MODE: "moon", MCP_KRAKEN_TIER: "gold", KRAKEN_API_KEY: "x" }
      const { id } = yield* json("create agent --budget 500USD")
      assert.strictEqual((yield* token(`freeze ${id}`, wrong)).code, 0)
      assert.strictEqual((yield* json("list", wrong))[0].frozen.by, "local")
      assert.strictEqual((yield* token("freeze local", wrong)).code, 0)
      assert.strictEqual((yield* token(`revoke ${id}`, { ...wrong, MCP_KRAKEN_STATE_DIR: "/dev/null/x" })).code, 0)
      assert.strictEqual((yield* token("freeze nobody", wrong)).code, 1)
      // A .env that nobody named chooses no other state folder, and what it has is said at the end.
      writeFileSync(join(folder, ".env"), "MCP_KRAKEN_STATE_DIR=elsewhere\nnot a line\n")
      const strange = yield* token("freeze local", { MCP_KRAKEN_STATE_DIR: "" })
      assert.strictEqual(strange.code, 1)
      assert.include(strange.stdout, "rozen: local")
      assert.include(strange.stderr, join(folder, "elsewhere"))
      assert.include(strange.stderr, "line 2")
      assert.isFalse(existsSync(join(folder, "elsewhere")))
    })
  )

  it.scopedLive("are frozen in another state folder without success, as servers use that which holds the limits", () =>
    Effect.gen(function* () {
      const { folder, json, token } = yield* makeOperator
      const other = { MCP_KRAKEN_STATE_DIR: join(folder, "other") }
      const { id } = yield* json("create agent --budget 500USD")
      const elsewhere = yield* token(`freeze ${id}`, other)
      assert.strictEqual(elsewhere.code, 1)
      assert.include(elsewhere.stderr, other.MCP_KRAKEN_STATE_DIR)
      assert.isNull((yield* json(`show ${id}`)).frozen)
      // A token without limits needs none, and neither does one that was replaced. Servers might use another folder all the same.
      const plain = yield* json("create plain")
      const unused = { MCP_KRAKEN_STATE_DIR: join(folder, "unused") }
      const strange = yield* token(`freeze ${plain.id}`, unused)
      assert.strictEqual(strange.code, 1)
      assert.include(strange.stdout, `rozen: ${plain.id}`)
      assert.include(strange.stderr, unused.MCP_KRAKEN_STATE_DIR)
      assert.strictEqual((yield* token(`freeze ${plain.id}`, other)).stderr, "")
      yield* json(`rotate ${id}`)
      const replaced = yield* token(`freeze ${id}`)
      assert.strictEqual(replaced.stderr, "")
    })
  )

  it.scopedLive("are listed without limits, and revoked, if the file of limits is unusable", () =>
    Effect.gen(function* () {
      const { authority, folder, json, token, tokens } = yield* makeOperator
      const { id } = yield* json("create plain")
      mkdirSync(join(folder, "state"))
      writeFileSync(authority, "no database ".repeat(1000))
      const listed = yield* token("list")
      assert.strictEqual(listed.code, 0)
      assert.include(listed.stderr, authority)
      assert.include(listed.stdout, id)
      for (const words of [`freeze ${id}`, `update ${id} --budget 5USD`, "create agent --budget 5USD"]) {
        const { code, stderr, stdout } = yield* token(words)
        assert.deepStrictEqual({ code, stdout }, { code: 1, stdout: "" }, words)
        assert.include(stderr, authority, words)
      }
      assert.lengthOf(yield* json("list --all"), 1)
      const hash = new Database(tokens, { readonly: true }).prepare("SELECT token_hash FROM tokens").pluck().get()
      assert.notInclude(String(hash), "mandate")
      assert.strictEqual((yield* token(`revoke ${id}`)).code, 0)
    })
  )

  it.scopedLive("are not frozen while another program holds the file for longer than ten seconds", () =>
    Effect.gen(function* () {
      const { authority, json, token } = yield* makeOperator
      const { id } = yield* json("create agent --budget 500USD")
      const other = new Database(authority)
      other.exec("BEGIN IMMEDIATE")
      const { code, stderr, stdout } = yield* token(`freeze ${id}`)
      other.exec("ROLLBACK")
      other.close()
      assert.deepStrictEqual({ code, stdout }, { code: 1, stdout: "" })
      assert.include(stderr, authority)
      assert.strictEqual((yield* token(`freeze ${id}`)).code, 0)
    })
  )
})

describe("the operator secret", () => {
  const right = "correct horse battery"

  it.scopedLive("is needed for each act that grants, and for none that takes away", () =>
    Effect.gen(function* () {
      const { json, token, withPassphrase } = yield* makeOperator
      const { id } = yield* json("create agent --budget 500USD")
      assert.strictEqual((yield* withPassphrase("operator init", right)).code, 0)
      const granting = [
        "create other",
        `update ${id} --max 600USD/day`,
        `update ${id} --remove-limits`,
        `rotate ${id}`,
        `unfreeze ${id}`,
        "unfreeze local"
      ]
      // They change nothing, so that they can run side by side.
      const refused = yield* Effect.forEach(
        granting,
        (words) => Effect.all([token(words), withPassphrase(`token ${words}`, `${right}!`)]),
        { concurrency: 3 }
      )
      refused.flat().forEach((ended, n) => assert.deepInclude(ended, { code: 1, stdout: "" }, granting[n >> 1]))
      for (const words of [
        `update ${id} --max 400USD/day`,
        `freeze ${id}`,
        "freeze local",
        "create trial --paper",
        "list"
      ])
        assert.strictEqual((yield* token(words)).code, 0, words)
      for (const words of [
        "create other",
        `update ${id} --max 600USD/day --capital 600USD`,
        "unfreeze local",
        `unfreeze ${id}`
      ])
        assert.strictEqual((yield* withPassphrase(`token ${words}`, right)).code, 0, words)
      assert.strictEqual((yield* withPassphrase(`token rotate ${id}`, right)).code, 0)
    })
  )

  it.scopedLive("is needed to decide a row of the record, and to give it another API key", () =>
    Effect.gen(function* () {
      const { env, json, run, withPassphrase } = yield* makeOperator
      yield* json("create agent --budget 500USD")
      assert.strictEqual((yield* withPassphrase("operator init", right)).code, 0)
      for (const words of ["audit resolve 1 --happened", "state rekey old-api-key new-api-key"]) {
        for (const { code, stderr } of [yield* run(words.split(" "), env), yield* withPassphrase(words, `${right}!`)]) {
          assert.strictEqual(code, 1)
          assert.include(stderr, "passphrase", words)
        }
        // There is no such row and no such key.
        const { code, stderr } = yield* withPassphrase(words, right)
        assert.strictEqual(code, 1)
        assert.notInclude(stderr, "passphrase", words)
      }
    })
  )

  it.scopedLive("is not got around by another state folder, nor by a secret in it", () =>
    Effect.gen(function* () {
      const { env, folder, run, token, withPassphrase } = yield* makeOperator
      yield* withPassphrase("operator init", right)
      const elsewhere = { MCP_KRAKEN_STATE_DIR: join(folder, "empty") }
      assert.strictEqual((yield* token("create other", elsewhere)).code, 1)
      const init = yield* run(
        ["operator", "init", "--passphrase-fd", "0"],
        { ...env, ...elsewhere },
        "passphrase of an agent"
      )
      assert.strictEqual(init.code, 1)
      const { code, stdout } = yield* run(["serve", "--first-token", "--port", "0"], { ...env, ...elsewhere })
      assert.deepStrictEqual({ code, tells: stdout.includes("mck_") }, { code: 1, tells: false })
      assert.strictEqual((yield* token("list", elsewhere)).code, 0)
    })
  )

  it.scopedLive("is changed only by who knows it, and guards the same tokens afterwards", () =>
    Effect.gen(function* () {
      const { tokens, withPassphrase } = yield* makeOperator
      assert.strictEqual((yield* withPassphrase("operator change", right)).code, 1)
      yield* withPassphrase("operator init", right)
      assert.strictEqual((yield* withPassphrase("operator init", right)).code, 1)
      const next = "another passphrase"
      assert.strictEqual((yield* withPassphrase("operator change", next, next)).code, 1)
      assert.strictEqual((yield* withPassphrase("operator change", right, "short")).code, 1)
      assert.strictEqual((yield* withPassphrase("operator change", right, next)).code, 0)
      assert.strictEqual((yield* withPassphrase("token create one", right)).code, 1)
      assert.strictEqual((yield* withPassphrase("token create one", next)).code, 0)
      const guards = new Database(tokens, { readonly: true }).prepare("SELECT count(*) FROM operator_secrets").pluck()
      assert.strictEqual(guards.get(), 1)
    })
  )

  it.scopedLive("is no argument, and asked for on a terminal only", () =>
    Effect.gen(function* () {
      const { env, run, token } = yield* makeOperator
      assert.strictEqual((yield* run(["operator", "init"], env)).code, 1)
      assert.strictEqual((yield* run(["operator", "init", "--passphrase", right], env)).code, 2)
      assert.strictEqual((yield* token("create one --passphrase-fd secret")).code, 2)
      assert.strictEqual((yield* token("create one", { MCP_KRAKEN_OPERATOR_PASSPHRASE: right })).code, 0)
    })
  )
})

describe("serve", () => {
  it.scopedLive("names the tokens without limits when it starts, not on paper", () =>
    Effect.gen(function* () {
      const { env, json, serve } = yield* makeOperator
      const plain = yield* json("create desk")
      const agent = yield* json("create agent --budget 500USD")
      const revoked = yield* json("create old")
      const live = yield* serve(["--port", "0", "--host", "127.0.0.1"], env)
      const log = yield* live.told("mcp-kraken serves")
      yield* live.stop
      const line = log.split("\n").find((line) => line.includes("without limits")) ?? ""
      for (const { id } of [plain, revoked]) assert.include(line, id)
      assert.notInclude(line, agent.id)
      const paper = yield* serve(["--paper", "--market", "synthetic", "--port", "0", "--host", "127.0.0.1"], env)
      assert.notInclude(yield* paper.told("mcp-kraken serves"), "without limits")
    })
  )

  it.scopedLive("refuses a token with limits on another state folder, until it is on its own again", () =>
    Effect.gen(function* () {
      const { env, folder, json, serve } = yield* makeOperator
      const { token } = yield* json("create agent --budget 500USD")
      const status = (state: string) =>
        Effect.gen(function* () {
          const server = yield* serve(["--paper", "--market", "synthetic", "--port", "0", "--host", "127.0.0.1"], {
            ...env,
            MCP_KRAKEN_STATE_DIR: join(folder, state)
          })
          const url = /http:\/\/\S+\/mcp/.exec(yield* server.told("mcp-kraken serves"))?.[0] ?? ""
          const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
          const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" })
          const answer = yield* Effect.promise(() => fetch(url, { method: "POST", headers, body }))
          yield* Effect.promise(() => answer.text())
          yield* server.stop
          return answer.status
        })
      assert.strictEqual(yield* status("elsewhere"), 401)
      assert.notStrictEqual(yield* status("state"), 401)
    })
  )
})
