import { recordFile } from "../../../src/layers/access/record/recordFile.ts"
import { authorityInFile } from "../../../src/layers/access/record/authority.ts"
import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect, Option } from "effect"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { freeze } from "../../../src/cli/panic/freeze.ts"
import { haltFileIn, lookAtHaltFile, removeHaltFile, writeHaltFile } from "../../../src/layers/access/halt/haltFile.ts"
import { record, sampleEvents } from "../audit/sampleRecord.ts"
import { makeCommandLine } from "../commandLine.ts"

const makeFolder = Effect.map(makeCommandLine, ({ folder, run }) => {
  const state = join(folder, "state")
  const env = { MCP_KRAKEN_STATE_DIR: state, MCP_KRAKEN_PORT: "many" }
  return {
    state,
    copy: join(folder, "backups", "first"),
    file: join(state, "authority.db"),
    run: (...args: ReadonlyArray<string>) => run(["state", ...args], env),
    audit: (...args: ReadonlyArray<string>) => run(["audit", ...args], env)
  }
})

/** Makes the nonces of a key, as the nonce lane keeps them. */
const nonce = (state: string, key: string, value: number) =>
  Effect.sync(() => {
    const db = new Database(join(state, "nonces.db"))
    db.pragma("journal_mode = WAL")
    db.exec(`CREATE TABLE IF NOT EXISTS lanes (key TEXT PRIMARY KEY, nonce INTEGER NOT NULL, factor INTEGER NOT NULL,
      leased_until INTEGER NOT NULL, wanted_by TEXT, wanted_until INTEGER NOT NULL) STRICT`)
    db.prepare("INSERT OR REPLACE INTO lanes VALUES (?, ?, 1, 0, NULL, 0)").run(key, value)
    db.close()
  })

const nonces = (state: string) => {
  const db = new Database(join(state, "nonces.db"))
  const rows = db.prepare("SELECT key, nonce FROM lanes ORDER BY key").raw().all()
  db.close()
  return rows
}

const sequel = sampleEvents.slice(0, 1)

describe("state backup", () => {
  it.scopedLive("copies all databases while they are in use, for their owner only", () =>
    Effect.gen(function* () {
      const { copy, file, run, state } = yield* makeFolder
      const receipts = yield* record(state)
      yield* nonce(state, "k", 5)
      const used = new Database(file)
      used.exec("BEGIN IMMEDIATE")
      const made = yield* run("backup", copy)
      used.exec("COMMIT")
      used.close()
      assert.deepInclude(made, { code: 0, stderr: "" })
      assert.include(made.stdout, receipts.at(-1) ?? "no receipt")
      assert.deepStrictEqual(readdirSync(copy).toSorted(), ["authority.db", "backup.json", "nonces.db"])
      for (const name of readdirSync(copy)) assert.strictEqual(statSync(join(copy, name)).mode & 0o777, 0o600)
      assert.strictEqual(statSync(copy).mode & 0o777, 0o700)
      assert.strictEqual((yield* run("backup", copy)).code, 1)
    })
  )

  it.scopedLive("refuses a record that was altered, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const { copy, file, run, state } = yield* makeFolder
      yield* record(state)
      const db = new Database(file)
      db.exec("UPDATE events SET body = replace(body, 'XBTUSD', 'ETHUSD')")
      db.close()
      assert.strictEqual((yield* run("backup", copy)).code, 1)
      assert.deepStrictEqual(readdirSync(join(copy, "..")), [])
    })
  )
})

describe("state restore", () => {
  it.scopedLive("puts back what was lost, and the record goes on", () =>
    Effect.gen(function* () {
      const { audit, copy, run, state } = yield* makeFolder
      const receipts = yield* record(state)
      yield* nonce(state, "k", 5)
      yield* run("backup", copy)
      rmSync(state, { recursive: true })
      const restored = yield* run("restore", copy)
      assert.deepInclude(restored, { code: 0, stderr: "" })
      const last = receipts.at(-1) ?? ""
      assert.strictEqual((yield* audit("verify", "--receipt", last)).code, 0)
      assert.strictEqual(JSON.parse((yield* audit("list", "--json")).stdout)[0].state, "restore")
      assert.deepStrictEqual(nonces(state), [["k", 5]])
      assert.strictEqual(statSync(join(state, "authority.db")).mode & 0o777, 0o600)
    })
  )

  it.scopedLive("refuses over a newer record without --force, keeps that beside, and no nonce goes back", () =>
    Effect.gen(function* () {
      const { audit, copy, run, state } = yield* makeFolder
      yield* record(state)
      yield* nonce(state, "down", 5)
      yield* nonce(state, "up", 5)
      yield* run("backup", copy)
      const [newer] = yield* record(state, sequel)
      yield* nonce(state, "down", 9)
      yield* nonce(state, "up", 1)
      yield* nonce(state, "other", 3)
      const refused = yield* run("restore", copy)
      assert.deepInclude(refused, { code: 1, stdout: "" })
      assert.strictEqual((yield* audit("verify", "--receipt", newer ?? "")).code, 0)
      assert.strictEqual((yield* run("restore", copy, "--force")).code, 0)
      assert.strictEqual((yield* audit("verify")).code, 0)
      assert.strictEqual((yield* audit("verify", "--receipt", newer ?? "")).code, 3)
      assert.deepStrictEqual(nonces(state), [
        ["down", 9],
        ["other", 3],
        ["up", 5]
      ])
      const [kept] = readdirSync(state).filter((name) => name.startsWith("before-restore-"))
      const db = new Database(join(state, kept ?? "", "authority.db"), { readonly: true })
      assert.strictEqual(db.prepare("SELECT seq FROM head").pluck().get(), 6)
      db.close()
    })
  )

  it.scopedLive("refuses while a process uses the files, and a backup that is not the one that was made", () =>
    Effect.gen(function* () {
      const { copy, file, run, state } = yield* makeFolder
      yield* record(state)
      yield* run("backup", copy)
      const used = new Database(file)
      used.prepare("SELECT seq FROM head").get()
      const inUse = yield* run("restore", copy, "--force")
      assert.strictEqual(inUse.code, 1)
      assert.include(inUse.stderr, file)
      used.close()
      const bytes = readFileSync(join(copy, "authority.db"))
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
      writeFileSync(join(copy, "authority.db"), bytes)
      assert.strictEqual((yield* run("restore", copy, "--force")).code, 1)
      assert.strictEqual((yield* run("restore", state, "--force")).code, 1)
      assert.isFalse(readdirSync(state).some((name) => name.startsWith("before-restore-")))
      assert.isTrue(existsSync(file))
    })
  )
})

describe("state restore while all trading is frozen", () => {
  const stop = { since: Date.UTC(2026, 0, 5), by: "local", reason: "odd orders" }

  /** The stops of a state folder: that of the file, and that of the record. */
  const stops = (state: string) => {
    const db = new Database(join(state, "authority.db"), { readonly: true })
    const row = db.prepare("SELECT at AS since, by, why AS reason FROM halt WHERE halted = 1").get()
    db.close()
    return [Option.getOrUndefined(lookAtHaltFile(haltFileIn(state))), row]
  }

  it.scopedLive("leaves the stop in force, by the file and by the record, of which the backup has none", () =>
    Effect.gen(function* () {
      const { audit, copy, run, state } = yield* makeFolder
      yield* record(state)
      yield* run("backup", copy)
      for (const half of ["both", "row"]) {
        yield* freeze(state, authorityInFile(join(state, recordFile)), stop)
        if (half === "row") removeHaltFile(haltFileIn(state))
        const restored = yield* run("restore", copy, "--force")
        assert.deepInclude(restored, { code: 0, stderr: "" })
        assert.include(restored.stdout, "odd orders")
        assert.deepStrictEqual(stops(state), [stop, stop])
        assert.strictEqual((yield* audit("verify")).code, 0)
      }
    })
  )

  it.scopedLive.each(["row", "file"])("brings back a stop that was backed up by its %s", (half) =>
    Effect.gen(function* () {
      const { copy, run, state } = yield* makeFolder
      yield* record(state)
      if (half === "row") {
        yield* freeze(state, authorityInFile(join(state, recordFile)), stop)
        removeHaltFile(haltFileIn(state))
      } else writeHaltFile(haltFileIn(state), stop)
      yield* run("backup", copy)
      rmSync(state, { recursive: true })
      assert.strictEqual((yield* run("restore", copy)).code, 0)
      assert.deepStrictEqual(stops(state), [stop, stop])
    })
  )
})

describe("state restore over a record that cannot be read", () => {
  it.scopedLive("moves it aside, and stays frozen, since a stop might have been in it", () =>
    Effect.gen(function* () {
      const { audit, copy, file, run, state } = yield* makeFolder
      yield* record(state)
      yield* run("backup", copy)
      writeFileSync(file, "Not a database at all, but long enough to have the header of one.".repeat(100))
      assert.strictEqual((yield* run("restore", copy)).code, 1)
      const restored = yield* run("restore", copy, "--force")
      assert.strictEqual(restored.code, 0)
      assert.include(restored.stdout, "frozen")
      const stop = Option.getOrUndefined(lookAtHaltFile(haltFileIn(state)))
      assert.deepInclude(stop, { by: "local", reason: "the record that state restore replaced can't be read" })
      const db = new Database(file, { readonly: true })
      assert.strictEqual(db.prepare("SELECT at FROM halt WHERE halted = 1").pluck().get(), stop?.since)
      db.close()
      assert.strictEqual((yield* audit("verify")).code, 0)
    })
  )
})

describe("state restore that meets an obstacle", () => {
  it.scopedLive("leaves everything where it was if the backup cannot be copied", () =>
    Effect.gen(function* () {
      const { audit, copy, file, run, state } = yield* makeFolder
      const [first] = yield* record(state)
      yield* nonce(state, "k", 5)
      yield* run("backup", copy)
      mkdirSync(join(state, "nonces.db.partial"))
      mkdirSync(join(state, "authority.db.partial"))
      const refused = yield* run("restore", copy, "--force")
      assert.deepInclude(refused, { code: 1, stdout: "" })
      assert.lengthOf(refused.stderr.split("\n"), 2)
      assert.isTrue(existsSync(file))
      assert.strictEqual((yield* audit("verify", "--receipt", first ?? "")).code, 0)
      assert.isFalse(readdirSync(state).some((name) => name.startsWith("before-restore-")))
    })
  )

  it.scopedLive("replaces nonces that cannot be read, and keeps them beside", () =>
    Effect.gen(function* () {
      const { audit, copy, run, state } = yield* makeFolder
      yield* record(state)
      yield* nonce(state, "k", 5)
      yield* run("backup", copy)
      const damaged = "Not a database at all, but long enough to have the header of one.".repeat(100)
      writeFileSync(join(state, "nonces.db"), damaged)
      assert.deepInclude(yield* run("restore", copy), { code: 0, stderr: "" })
      assert.deepStrictEqual(nonces(state), [["k", 5]])
      assert.strictEqual(JSON.parse((yield* audit("list", "--json")).stdout)[0].state, "restore")
      const [kept] = readdirSync(state).filter((name) => name.startsWith("before-restore-"))
      assert.strictEqual(readFileSync(join(state, kept ?? "", "nonces.db"), "utf8"), damaged)
    })
  )
})

describe("state rekey", () => {
  it.scopedLive("moves what is recorded of a key to another one", () =>
    Effect.gen(function* () {
      const { audit, file, run, state } = yield* makeFolder
      const [from, to] = ["old-public-key", "new-public-key"]
      const hash = (text: string) => createHash("sha256").update(text).digest("hex")
      yield* record(
        state,
        sampleEvents.map((event) => ("key" in event ? { ...event, key: hash(from) } : event))
      )
      assert.strictEqual((yield* run("rekey", from, from)).code, 2)
      assert.strictEqual((yield* run("rekey", to, from)).code, 1)
      const moved = yield* run("rekey", from, to)
      assert.deepInclude(moved, { code: 0, stderr: "" })
      assert.strictEqual((yield* audit("verify")).code, 0)
      const db = new Database(file, { readonly: true })
      assert.deepStrictEqual(db.prepare("SELECT DISTINCT key FROM intents").pluck().all(), [hash(to)])
      assert.deepStrictEqual(db.prepare("SELECT DISTINCT key FROM made").pluck().all(), [hash(to)])
      db.close()
    })
  )
})
