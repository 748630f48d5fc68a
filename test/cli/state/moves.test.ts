import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect, Redacted } from "effect"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Client } from "pg"
import { haltFileIn, lookAtHaltFile, writeHaltFile } from "../../../src/layers/access/halt/haltFile.ts"
import { inPostgres, isPostgresMissing, newPostgresDatabase } from "../../postgres.ts"
import { record, sampleEvents } from "../audit/sampleRecord.ts"
import { makeCommandLine } from "../commandLine.ts"

const passphrase = "correct horse battery staple"

/** A nonce that no number of JavaScript holds. */
const largeNonce = "1764447600123456789"

const makeHouse = Effect.map(makeCommandLine, ({ folder, run }) => {
  const machine = (name: string, url?: Redacted.Redacted) => {
    const state = join(folder, name)
    const env = {
      MCP_KRAKEN_STATE_DIR: state,
      MCP_KRAKEN_TOKEN_DB: join(state, "tokens.db"),
      ...(url !== undefined && { MCP_KRAKEN_DATABASE_URL: Redacted.value(url) })
    }
    return {
      state,
      run: (...args: ReadonlyArray<string>) => run(args, env),
      /** Runs a command with a passphrase. */
      act: (given: string, ...args: ReadonlyArray<string>) => run([...args, "--passphrase-fd", "0"], env, `${given}\n`)
    }
  }
  return { machine, file: (name: string) => join(folder, name) }
})
type Machine = Effect.Effect.Success<typeof makeHouse>["machine"]

const addNonce = (state: string, key: string, value: string) => {
  const db = new Database(join(state, "nonces.db"))
  db.exec(`CREATE TABLE IF NOT EXISTS lanes (key TEXT PRIMARY KEY, nonce INTEGER NOT NULL, factor INTEGER NOT NULL,
    leased_until INTEGER NOT NULL, wanted_by TEXT, wanted_until INTEGER NOT NULL) STRICT`)
  db.prepare("INSERT INTO lanes VALUES (?, ?, 1000, 0, NULL, 0)").run(key, BigInt(value))
  db.close()
}

/** Fills the files of a machine with rows of each part. */
const fill = Effect.fnUntraced(function* ({ act, run, state }: ReturnType<Machine>) {
  yield* record(state)
  assert.strictEqual((yield* act(passphrase, "operator", "init")).code, 0)
  for (const name of ["first", "second"]) {
    const created = yield* act(passphrase, "token", "create", name, "--budget", "100USD")
    assert.deepInclude(created, { code: 0 })
  }
  assert.strictEqual((yield* run("token", "list")).code, 0)
  addNonce(state, "k", largeNonce)
  const db = new Database(join(state, "authority.db"))
  db.exec(`
    INSERT INTO alerts (id, key, account, caller, condition, since, created_at, expires_at, watched_at)
      VALUES (7, 'k', 'kraken', 'c', '{}', 1, 2, 3, 4);
    INSERT INTO calls VALUES ('c', 5, 6); INSERT INTO window_time VALUES ('k', 9007199254740993)`)
  db.close()
})

/** Reads the tables of an export, with their rows in one order. */
const tablesOf = (file: string) => {
  const tables: Record<string, Array<unknown>> = {}
  let [name, columns]: [string, ReadonlyArray<string>] = ["", []]
  for (const line of linesOf(file).slice(1, -1)) {
    const parsed = JSON.parse(line)
    if (Array.isArray(parsed))
      tables[name]?.push(JSON.stringify(columns.toSorted().map((column) => [column, parsed[columns.indexOf(column)]])))
    else {
      ;({ columns, table: name } = parsed)
      tables[name] = []
    }
  }
  return Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, rows.toSorted()]))
}

const linesOf = (file: string) => readFileSync(file, "utf8").trimEnd().split("\n")

/** Writes lines with the hash that fits them. */
const seal = (file: string, lines: ReadonlyArray<string>) => {
  const text = lines.map((line) => `${line}\n`).join("")
  writeFileSync(file, `${text}${JSON.stringify({ sha256: createHash("sha256").update(text).digest("hex") })}\n`)
}

describe.skipIf(isPostgresMissing)(`a state that is moved ${inPostgres}`, () => {
  it.scopedLive(
    "is the same there, and the same again after the way back",
    () =>
      Effect.gen(function* () {
        const { file, machine } = yield* makeHouse
        const url = yield* newPostgresDatabase
        const [from, shared, back] = [machine("from"), machine("shared", url), machine("back")]
        yield* fill(from)
        const receipt = JSON.parse((yield* from.run("audit", "verify", "--json")).stdout)
        const exported = yield* from.run("state", "export", file("one"))
        assert.deepInclude(exported, { code: 0, stderr: "" })
        assert.strictEqual(statSync(file("one")).mode & 0o777, 0o600)
        assert.strictEqual((yield* from.run("state", "export", file("one"))).code, 1)
        const imported = yield* shared.act(passphrase, "state", "import", file("one"))
        assert.strictEqual(imported.stderr, "")
        const verified = JSON.parse((yield* shared.run("audit", "verify", "--json")).stdout)
        assert.deepStrictEqual([verified.verdict, verified.head], ["intact", receipt.head])
        const names = (yield* shared.run("token", "list")).stdout
        assert.include(names, "second")
        const original = tablesOf(file("one"))
        for (const table of ["events", "mandates", "secret", "alerts", "tokens", "operator_secrets", "lanes"])
          assert.isAbove(original[table]?.length ?? 0, 0, table)
        assert.include(original["lanes"]?.[0], largeNonce)
        assert.deepInclude(yield* shared.run("state", "export", file("two")), { code: 0, stderr: "" })
        assert.deepStrictEqual(tablesOf(file("two")), original)
        // Files of the state folder are not the state.
        for (const command of ["backup", "restore"])
          assert.deepInclude(yield* shared.run("state", command, file("copy")), { code: 1, stdout: "" })
        assert.isFalse(existsSync(file("copy")))
        const [token] = JSON.parse((yield* shared.run("token", "list", "--json")).stdout)
        const id = String(Object(token).id)
        assert.deepInclude(yield* shared.run("token", "freeze", id), { code: 0, stderr: "" })
        assert.deepInclude(yield* shared.act(passphrase, "token", "unfreeze", id), { code: 0 })
        const query = yield* connected(url)
        assert.deepStrictEqual(
          yield* query(`INSERT INTO alerts (key, account, caller, condition, since, created_at, expires_at, watched_at)
            VALUES ('k', 'kraken', 'c', '{}', 1, 2, 3, 4) RETURNING id::text`),
          [{ id: "8" }]
        )
        assert.deepInclude(yield* back.act(passphrase, "state", "import", file("two")), { code: 0, stderr: "" })
        assert.deepInclude(yield* back.run("state", "export", file("three")), { code: 0, stderr: "" })
        assert.deepStrictEqual(tablesOf(file("three")), original)
        const listed = (yield* from.run("token", "list")).stdout
        assert.strictEqual((yield* back.run("token", "list")).stdout.replace(back.state, from.state), listed)
        for (const { stdout } of [exported, imported]) assert.notInclude(stdout, new URL(Redacted.value(url)).password)
      }),
    180_000
  )

  it.scopedLive(
    "needs an empty place that nobody uses, and never lowers a nonce",
    () =>
      Effect.gen(function* () {
        const { file, machine } = yield* makeHouse
        const url = yield* newPostgresDatabase
        const [from, shared] = [machine("from"), machine("shared", url)]
        yield* record(from.state)
        addNonce(from.state, "up", "5")
        addNonce(from.state, "down", "5")
        assert.strictEqual((yield* from.run("state", "export", file("one"))).code, 0)
        assert.strictEqual((yield* shared.run("state", "export", file("none"))).code, 1)
        assert.isFalse(existsSync(file("none")))
        const query = yield* connected(url)
        yield* query("INSERT INTO lanes VALUES ('down', 9, 1, 0, NULL, 0), ('up', 1, 1, 0, NULL, 0)")
        yield* query("SET application_name = 'mcp-kraken'")
        const used = yield* shared.run("state", "import", file("one"))
        assert.deepInclude(used, { code: 1, stdout: "" })
        assert.include(used.stderr, "in use")
        yield* query("SET application_name = 'another'")
        assert.strictEqual((yield* shared.run("state", "import", file("one"))).stderr, "")
        assert.deepStrictEqual(yield* query("SELECT key, nonce::text, factor::text FROM lanes ORDER BY key"), [
          { key: "down", nonce: "9", factor: "1000" },
          { key: "up", nonce: "5", factor: "1000" }
        ])
        const again = yield* shared.run("state", "import", file("one"))
        assert.deepInclude(again, { code: 1, stdout: "" })
        assert.include(again.stderr, `events (${sampleEvents.length})`)
        const held = new Database(join(from.state, "authority.db"))
        held.prepare("SELECT seq FROM head").get()
        assert.strictEqual((yield* from.run("state", "export", file("two"))).code, 1)
        held.close()
        assert.isFalse(existsSync(file("two")))
      }),
    120_000
  )
})

describe("state import", () => {
  it.scopedLive("refuses a file that is cut, altered, of another version, or whose record was altered", () =>
    Effect.gen(function* () {
      const { file, machine } = yield* makeHouse
      const [from, to] = [machine("from"), machine("to")]
      yield* record(from.state)
      assert.strictEqual((yield* from.run("state", "export", file("one"))).code, 0)
      const text = readFileSync(file("one"), "utf8")
      const lines = linesOf(file("one")).slice(0, -1)
      const refused = Effect.fnUntraced(function* (reason: string) {
        const ended = yield* to.run("state", "import", file("one"))
        assert.deepInclude(ended, { code: 1, stdout: "" })
        assert.include(ended.stderr, reason)
        assert.strictEqual((yield* to.run("state", "export", file("none"))).code, 1)
      })
      writeFileSync(file("one"), text.replace("XBTUSD", "ETHUSD"))
      yield* refused("altered")
      writeFileSync(file("one"), text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1))
      yield* refused("not complete")
      seal(file("one"), [lines[0]?.replace('"authority":', '"authority":9') ?? "", ...lines.slice(1)])
      yield* refused("newer version")
      seal(
        file("one"),
        lines.map((line) => line.replace("XBTUSD", "ETHUSD"))
      )
      yield* refused("the record was altered")
      writeFileSync(file("one"), text)
      assert.deepInclude(yield* to.run("state", "import", file("one")), { code: 0, stderr: "" })
    })
  )

  it.scopedLive("needs the operator passphrase of the state, and leaves a stop in force", () =>
    Effect.gen(function* () {
      const { file, machine } = yield* makeHouse
      const [from, to] = [machine("from"), machine("to")]
      yield* fill(from)
      const stop = { since: Date.UTC(2026, 0, 5), by: "local", reason: "odd orders" }
      writeHaltFile(haltFileIn(from.state), stop)
      assert.strictEqual((yield* from.run("state", "export", file("one"))).code, 0)
      assert.strictEqual((yield* to.run("state", "import", file("one"))).code, 1)
      assert.strictEqual((yield* to.act("another passphrase", "state", "import", file("one"))).code, 1)
      assert.isFalse(existsSync(join(to.state, "authority.db")))
      assert.deepInclude(yield* to.act(passphrase, "state", "import", file("one")), { code: 0, stderr: "" })
      assert.deepStrictEqual(lookAtHaltFile(haltFileIn(to.state)), lookAtHaltFile(haltFileIn(from.state)))
      const db = new Database(join(to.state, "authority.db"), { readonly: true })
      assert.strictEqual(db.prepare("SELECT at FROM halt WHERE halted = 1").pluck().get(), stop.since)
      db.close()
      assert.strictEqual((yield* to.run("audit", "verify")).code, 0)
    })
  )
})

/** Connects beside the program. */
const connected = (url: Redacted.Redacted) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => {
        const client = new Client(Redacted.value(url))
        return client.connect().then(() => client)
      }),
      (client) => Effect.promise(() => client.end())
    ),
    (client) => (text: string) => Effect.promise(() => client.query<object>(text).then(({ rows }) => rows))
  )
