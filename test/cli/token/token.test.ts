import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeCommandLine } from "../commandLine.ts"

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

/** Makes the table of the Python server, with the given rows. */
const pythonDatabase = (file: string, rows: ReadonlyArray<ReadonlyArray<string | null>>) => {
  const db = new Database(file)
  db.pragma("journal_mode = WAL")
  db.exec(`CREATE TABLE IF NOT EXISTS tokens (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      token_hash TEXT NOT NULL UNIQUE,
      created_at TEXT NOT NULL,
      expires_at TEXT,
      revoked_at TEXT,
      last_used_at TEXT
    );
    CREATE INDEX IF NOT EXISTS idx_tokens_hash ON tokens(token_hash);`)
  const insert = db.prepare("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?)")
  for (const row of rows) insert.run(...row)
  db.close()
}

describe("token create", () => {
  it.scopedLive("prints a token once, and stores only its hash", () =>
    Effect.gen(function* () {
      const { folder, run } = yield* makeCommandLine
      const { code, stderr, stdout } = yield* run(["token", "create", "my laptop"])
      assert.strictEqual(stderr, "")
      assert.strictEqual(code, 0)
      const token = /^mck_[A-Za-z0-9_-]{43}$/m.exec(stdout)?.[0] ?? ""
      const id = sha256(token).slice(0, 12)
      const facts = [...stdout.matchAll(/^ {2}(\w+) +(.*)$/gm)].map(([, name, fact]) => [name, fact])
      assert.deepStrictEqual(Object.fromEntries(facts), {
        id,
        name: "my laptop",
        expires: "never",
        modes: "live, paper",
        limits: "none"
      })
      assert.lengthOf(stdout.split(token), 2)
      const db = new Database(join(folder, "data", "tokens.db"), { readonly: true })
      assert.deepInclude(db.prepare("SELECT * FROM tokens").get(), { id, name: "my laptop", token_hash: sha256(token) })
      db.close()
    })
  )

  it.scopedLive("makes one that expires, as JSON", () =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      const { code, stdout } = yield* run(["token", "create", "short", "-e", "90d", "--json"])
      assert.strictEqual(code, 0)
      const { created_at, expires_at, id, name, status, token } = JSON.parse(stdout)
      assert.strictEqual(Date.parse(expires_at) - Date.parse(created_at), 90 * 86_400_000)
      assert.deepStrictEqual({ id, name, status }, { id: sha256(token).slice(0, 12), name: "short", status: "active" })
    })
  )

  it.scopedLive("creates a token for paper mode only, by its flag or the mode of the settings, and prints that", () =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      const asked = yield* run(["token", "create", "trial", "--paper"])
      assert.match(asked.stdout, /^ {2}modes {4}paper \((?!.*MCP_KRAKEN_MODE)/m)
      const paper = { MCP_KRAKEN_MODE: "paper" }
      const implied = yield* run(["token", "create", "trial"], paper)
      assert.match(implied.stdout, /^ {2}modes {4}paper \(.*MCP_KRAKEN_MODE/m)
      const { id, modes, token } = JSON.parse((yield* run(["token", "create", "trial", "--json"], paper)).stdout)
      assert.deepStrictEqual({ id, modes }, { id: sha256(token).slice(0, 12), modes: ["paper"] })
      yield* run(["token", "create", "desk"])
      const list = JSON.parse((yield* run(["token", "list", "--json"])).stdout)
      assert.deepStrictEqual(
        list.map(({ modes }: { readonly modes: unknown }) => modes),
        [["live", "paper"], ["paper"], ["paper"], ["paper"]]
      )
      assert.match((yield* run(["token", "list"])).stdout, /^\w{12} +trial +active .* — +paper +all +none +no$/m)
    })
  )

  it.scopedLive.each(["0", "-5", "soon"])("--expires-in %s is refused, and no token is created", (text) =>
    Effect.gen(function* () {
      const { folder, run } = yield* makeCommandLine
      const { code, stderr, stdout } = yield* run(["token", "create", "short", "--expires-in", text])
      assert.strictEqual(stdout, "")
      assert.match(stderr, new RegExp(`^--expires-in: .*"${text}"\\n$`))
      assert.strictEqual(code, 2)
      assert.isFalse(existsSync(join(folder, "data")))
    })
  )
})

describe("token list and token revoke", () => {
  const active = `mck_${"a".repeat(43)}`
  const rows = [
    [sha256(active).slice(0, 12), "desk", sha256(active), "2026-01-01T10:00:00.123456+00:00", null, null, null],
    ["bbbbbbbbbbbb", "desk", "b".repeat(64), "2026-01-02T10:00:00+00:00", "2026-01-03T10:00:00+00:00", null, null],
    [
      "cccccccccccc",
      "über \u001b[31m",
      "c".repeat(64),
      "2026-01-03T10:00:00.5+01:00",
      null,
      "2026-01-04T00:00:00.000001+00:00",
      "2026-01-03T23:59:59.999999+00:00"
    ]
  ]
  const makeHouse = Effect.gen(function* () {
    const line = yield* makeCommandLine
    const file = join(line.folder, "tokens.db")
    pythonDatabase(file, rows)
    return {
      file,
      run: (...args: ReadonlyArray<string>) => line.run(["token", ...args], { MCP_KRAKEN_TOKEN_DB: file })
    }
  })

  it.scopedLive("show the tokens of the Python server, newest first, the revoked ones only if asked", () =>
    Effect.gen(function* () {
      const { file, run } = yield* makeHouse
      const { stdout } = yield* run("list", "--all")
      const [title, , , , ...lines] = stdout.trimEnd().split("\n")
      assert.include(title, file)
      assert.deepStrictEqual(lines, [
        String.raw`cccccccccccc  über \u001b[31m  revoked  2026-01-03T09:00:00Z  —                     2026-01-03T23:59:59Z  live, paper  all     none    no`,
        "bbbbbbbbbbbb  desk             expired  2026-01-02T10:00:00Z  2026-01-03T10:00:00Z  —                     live, paper  all     none    no",
        `${rows[0]?.[0]}  desk             active   2026-01-01T10:00:00Z  —                     —                     live, paper  all     none    no`
      ])
      assert.notInclude((yield* run("list")).stdout, "cccccccccccc")
      const json = JSON.parse((yield* run("list", "--json")).stdout)
      assert.deepStrictEqual(json[1], {
        id: rows[0]?.[0],
        name: "desk",
        status: "active",
        created_at: "2026-01-01T10:00:00Z",
        expires_at: null,
        last_used_at: null,
        modes: ["live", "paper"],
        mandate: null,
        frozen: null
      })
      assert.lengthOf(json, 2)
    })
  )

  it.scopedLive("revoke a token once, report a second time, and refuse an unknown id", () =>
    Effect.gen(function* () {
      const { run } = yield* makeHouse
      const id = rows[0]?.[0] ?? ""
      const [first, second] = [yield* run("revoke", id), yield* run("revoke", id)]
      for (const revoked of [first, second]) {
        assert.deepInclude(revoked, { code: 0, stderr: "" })
        assert.include(revoked.stdout, `${id} (desk)`)
      }
      assert.notStrictEqual(first.stdout, second.stdout)
      const unknown = yield* run("revoke", "nobody")
      assert.deepInclude(unknown, { code: 1, stdout: "" })
      assert.include(unknown.stderr, "nobody")
    })
  )

  it.scopedLive("explain how to create a token if there is none", () =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      const { code, stdout } = yield* run(["token", "list"])
      assert.match(stdout, /token create NAME\n$/)
      assert.strictEqual(code, 0)
      assert.strictEqual((yield* run(["token", "list", "--json"])).stdout, "[]\n")
    })
  )

  it.scopedLive("explain in a sentence why a database can't be used", () =>
    Effect.gen(function* () {
      const { folder, run } = yield* makeCommandLine
      const noDatabase = join(folder, "notes.txt")
      writeFileSync(noDatabase, "Not a database, but long enough to have the header of one, had it one.\n".repeat(20))
      mkdirSync(join(folder, "locked"))
      chmodSync(join(folder, "locked"), 0o500)
      for (const file of [noDatabase, folder, join(noDatabase, "tokens.db")]) {
        const { code, stderr, stdout } = yield* run(["token", "list"], { MCP_KRAKEN_TOKEN_DB: file })
        assert.strictEqual(stdout, "")
        assert.match(stderr, /^[^\n]+\n$/)
        assert.include(stderr, file)
        assert.strictEqual(code, 1)
      }
    })
  )
})
