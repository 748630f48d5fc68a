import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeCommandLine } from "../commandLine.ts"
import { record, sampleEvents } from "./sampleRecord.ts"

const makeFolder = Effect.map(makeCommandLine, ({ folder, run }) => {
  const state = join(folder, "state")
  return {
    state,
    file: join(state, "authority.db"),
    /** Another setting is wrong, which these commands do not use. */
    run: (...args: ReadonlyArray<string>) =>
      run(["audit", ...args], { MCP_KRAKEN_STATE_DIR: state, MCP_KRAKEN_PORT: "many" })
  }
})

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

/** Characters that a terminal obeys. */
const obeyed = /[^\P{Cc}\n]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

describe("audit list and audit show", () => {
  it.scopedLive("show writes newest first, by caller and state, without anything that a terminal obeys", () =>
    Effect.gen(function* () {
      const { run, state } = yield* makeFolder
      yield* record(state)
      const numbers = (...args: ReadonlyArray<string>) =>
        Effect.map(run("list", "--json", ...args), ({ stdout }) =>
          JSON.parse(stdout).map(({ seq, state }: { readonly seq: number; readonly state: string }) => [seq, state])
        )
      assert.deepStrictEqual(yield* numbers(), [
        [5, "refused"],
        [3, "unknown"],
        [1, "happened"]
      ])
      assert.deepStrictEqual(yield* numbers("--caller", "local"), [[3, "unknown"]])
      assert.deepStrictEqual(yield* numbers("--state", "happened"), [[1, "happened"]])
      assert.deepStrictEqual(yield* numbers("--limit", "1", "--before", "5"), [[3, "unknown"]])
      for (const args of [
        ["list"],
        ["list", "--json"],
        ["show", "1"],
        ["show", "3", "--json"],
        ["export", "--jsonl"]
      ]) {
        const { code, stderr, stdout } = yield* run(...args)
        assert.deepStrictEqual([code, stderr], [0, ""])
        assert.notMatch(stdout, obeyed)
      }
      const shown = JSON.parse((yield* run("show", "3", "--json")).stdout)
      assert.deepStrictEqual(shown.event, sampleEvents[2])
      assert.deepStrictEqual(
        shown.later.map(({ event }: { readonly event: unknown }) => event),
        [sampleEvents[3]]
      )
    })
  )

  it.scopedLive("show the token of a change of limits and of a freeze", () =>
    Effect.gen(function* () {
      const { run, state } = yield* makeFolder
      const at = Date.UTC(2026, 0, 5)
      const actor = { id: "local" }
      yield* record(state, [
        { kind: "mandate", at, actor, subject: "aaaaaaaaaaaa", token: "bbbbbbbbbbbb", name: "desk", revision: 1 },
        {
          kind: "freeze",
          at,
          actor,
          subject: "aaaaaaaaaaaa",
          caller: { id: "bbbbbbbbbbbb", name: "desk" },
          frozen: true
        },
        // A row of an earlier version has no name.
        { kind: "freeze", at, actor, subject: "aaaaaaaaaaaa", frozen: false }
      ])
      const rows = JSON.parse((yield* run("list", "--json")).stdout)
      assert.deepStrictEqual(
        rows.map(({ about }: { readonly about: unknown }) => about),
        [{ id: "aaaaaaaaaaaa" }, ...[1, 2].map(() => ({ id: "bbbbbbbbbbbb", name: "desk" }))]
      )
      assert.lengthOf((yield* run("list")).stdout.match(/bbbbbbbbbbbb \(desk\)/g) ?? [], 2)
    })
  )

  it.scopedLive("print rows with a time that no calendar has", () =>
    Effect.gen(function* () {
      const { run, state } = yield* makeFolder
      const [first] = sampleEvents
      yield* record(state, [{ ...(first ?? assert.fail("no event")), at: Number.MAX_SAFE_INTEGER }])
      for (const args of [["list"], ["list", "--json"], ["show", "1"], ["verify"]])
        assert.deepInclude(yield* run(...args), { code: 0, stderr: "" }, args.join(" "))
    })
  )

  it.scopedLive("refuse what they do not understand, and make no file by looking", () =>
    Effect.gen(function* () {
      const { run, state } = yield* makeFolder
      for (const args of [["list", "--limit", "0"], ["list", "--state", "lost"], ["show", "first"], ["export"]]) {
        const { code, stdout } = yield* run(...args)
        assert.deepStrictEqual([code, stdout], [2, ""], args.join(" "))
      }
      for (const args of [["show", "1"], ["verify"], ["export", "--jsonl"], ["resolve", "1", "--not"]]) {
        const { code, stderr, stdout } = yield* run(...args)
        assert.deepStrictEqual([code, stdout, stderr.split("\n").length], [1, "", 2], args.join(" "))
      }
      assert.strictEqual((yield* run("list")).code, 0)
      assert.isFalse(existsSync(state))
    })
  )
})

describe("audit export", () => {
  it.scopedLive("prints rows by which another program can compute the chain", () =>
    Effect.gen(function* () {
      const { run, state } = yield* makeFolder
      const receipts = yield* record(state)
      const file = join(state, "rows.jsonl")
      assert.strictEqual((yield* run("export", "--jsonl", file)).code, 0)
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      const text = readFileSync(file, "utf8")
      assert.strictEqual((yield* run("export", "--jsonl")).stdout, text)
      let previous = "0".repeat(64)
      const rows = text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      for (const { body, body_hash, hash, seq } of rows) {
        assert.strictEqual(sha256(body), body_hash)
        previous = sha256(`${previous}:${seq}:${body_hash}`)
        assert.strictEqual(previous, hash)
        assert.strictEqual(receipts[seq - 1], `${seq}:${hash.slice(0, 16)}`)
      }
      assert.deepStrictEqual(
        rows.map(({ body }) => JSON.parse(body)),
        [...sampleEvents]
      )
      assert.strictEqual((yield* run("export", "--jsonl", file)).code, 1)
    })
  )
})

describe("audit verify", () => {
  it.scopedLive("exits with 0, 1, 3 or 4", () =>
    Effect.gen(function* () {
      const { file, run, state } = yield* makeFolder
      const receipts = yield* record(state)
      const change = (sql: string) =>
        Effect.sync(() => {
          const db = new Database(file)
          db.exec(sql)
          db.close()
        })
      const last = receipts.at(-1) ?? ""
      const code = (...args: ReadonlyArray<string>) => Effect.map(run("verify", ...args), ({ code }) => code)
      assert.strictEqual(yield* code(), 0)
      assert.strictEqual(yield* code("--receipt", last, "--receipt", receipts[0] ?? ""), 0)
      assert.strictEqual(yield* code("--receipt", `5:${"0".repeat(16)}`), 3)
      assert.strictEqual(yield* code("--receipt", "5"), 2)
      yield* record(state, [{ ...sampleEvents[0], at: 0 } as (typeof sampleEvents)[number]])
      const clock = JSON.parse((yield* run("verify", "--json")).stdout)
      assert.deepInclude(clock, { verdict: "intact", rows: 6 })
      assert.strictEqual(clock.findings[0]._tag, "ClockWentBack")
      yield* change(
        "DELETE FROM events WHERE seq > 4; DELETE FROM intents WHERE seq > 4; UPDATE head SET seq = 4, hash = (SELECT hash FROM events WHERE seq = 4)"
      )
      assert.strictEqual(yield* code(), 0)
      assert.strictEqual(yield* code("--receipt", last), 4)
      yield* change("UPDATE intents SET state = 'happened'")
      assert.strictEqual(yield* code("--receipt", last), 3)
      yield* change("DROP TABLE intents")
      assert.strictEqual(yield* code(), 3)
      writeFileSync(file, "Not a database at all, but long enough to have the header of one.".repeat(100))
      const damaged = yield* run("verify")
      assert.deepInclude(damaged, { code: 1, stdout: "" })
      assert.include(damaged.stderr, file)
    })
  )
})

describe("audit prune and audit resolve", () => {
  it.scopedLive("keep the hashes and what is not closed, and refuse an altered record", () =>
    Effect.gen(function* () {
      const { file, run, state } = yield* makeFolder
      const receipts = yield* record(state)
      for (const day of ["2026-02-30", "yesterday", "9999-01-01"])
        assert.strictEqual((yield* run("prune", "--before", day)).code, 2)
      assert.strictEqual((yield* run("prune", "--before", "2026-01-05")).code, 0)
      assert.lengthOf(JSON.parse((yield* run("list", "--json")).stdout), 3)
      assert.strictEqual((yield* run("prune", "--before", "2026-01-06")).code, 0)
      const left = JSON.parse((yield* run("list", "--json")).stdout)
      assert.deepStrictEqual(
        left.map(({ seq, state }: { readonly seq: number; readonly state: string }) => [seq, state]),
        [
          [6, "prune"],
          [3, "unknown"]
        ]
      )
      assert.strictEqual((yield* run("verify", ...receipts.flatMap((receipt) => ["--receipt", receipt]))).code, 0)
      const db = new Database(file)
      db.exec("UPDATE events SET body = NULL WHERE seq = 4")
      db.close()
      assert.strictEqual((yield* run("verify")).code, 3)
      assert.strictEqual((yield* run("prune", "--before", "2026-01-06")).code, 1)
    })
  )

  it.scopedLive("decide an unknown write once, and no other one", () =>
    Effect.gen(function* () {
      const { run, state } = yield* makeFolder
      yield* record(state)
      assert.strictEqual((yield* run("resolve", "3")).code, 2)
      assert.strictEqual((yield* run("resolve", "3", "--happened", "--not")).code, 2)
      for (const seq of ["1", "2", "5", "9"]) assert.strictEqual((yield* run("resolve", seq, "--not")).code, 1)
      const resolved = yield* run("resolve", "3", "--not")
      assert.deepInclude(resolved, { code: 0 })
      assert.strictEqual((yield* run("resolve", "3", "--happened")).code, 1)
      const [receipt] = /6:[0-9a-f]{16}/.exec(resolved.stdout) ?? [""]
      assert.strictEqual((yield* run("verify", "--receipt", receipt)).code, 0)
      assert.strictEqual(
        JSON.parse((yield* run("list", "--json", "--caller", "local")).stdout)[0].state,
        "did-not-happen"
      )
    })
  )

  it.scopedLive("say so if the state folder cannot be used", () =>
    Effect.gen(function* () {
      const { file, run, state } = yield* makeFolder
      mkdirSync(file, { recursive: true })
      for (const args of [["list"], ["verify"], ["resolve", "1", "--not"], ["prune", "--before", "2026-01-05"]]) {
        const { code, stderr, stdout } = yield* run(...args)
        assert.deepStrictEqual([code, stdout], [1, ""])
        assert.include(stderr, state)
      }
    })
  )
})
