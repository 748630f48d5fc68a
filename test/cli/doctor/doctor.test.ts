import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Context, Effect, Layer, Option, Redacted, TestClock } from "effect"
import { X509Certificate } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { tlsCheck } from "../../../src/cli/doctor/checks/tls.ts"
import { homeOf } from "../../../src/cli/doctor/home.ts"
import type { Finding } from "../../../src/cli/doctor/kit/finding.ts"
import { makeInstallation } from "../../../src/cli/doctor/kit/installation.ts"
import { type System, thisSystem } from "../../../src/cli/doctor/kit/system.ts"
import { append } from "../../../src/layers/access/record/append.ts"
import { layout } from "../../../src/layers/access/record/layout.ts"
import { recordFile } from "../../../src/layers/access/record/recordFile.ts"
import { NonceSourceInStateFolder } from "../../../src/layers/kraken/nonces/NonceSourceSqlite.ts"
import { openImmediateDatabase } from "../../../src/layers/storage/immediateDatabase.ts"
import { NonceSource } from "../../../src/services/NonceSource.ts"
import { dropBefore, delayBefore } from "../../doubles/fake/Faults.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"
import { nextNonce } from "../../doubles/turns.ts"
import { freePort } from "../../freePort.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"
import { sampleEvents } from "../audit/sampleRecord.ts"
import { makeCommandLine } from "../commandLine.ts"
import { type HealthyHome, makeHealthyHome, makePair, wrong } from "./healthyHome.ts"
import { run } from "../../../src/layers/storage/steps.ts"

/** Reads all files below a folder, with the times at which they were changed. */
const contentsOf = (folder: string): ReadonlyArray<readonly [string, string, number]> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => !name.startsWith(".cache"))
    .toSorted()
    .map((name) => {
      const path = join(folder, name)
      const stats = statSync(path)
      return [name, stats.isFile() ? readFileSync(path, "base64") : "", stats.mtimeMs]
    })

/** Takes turns in the lane of the key, as a server would. */
const useLane = ({ env, state }: HealthyHome, isJumped: boolean) =>
  Effect.gen(function* () {
    const credentials = Option.some({
      key: Redacted.make(env.KRAKEN_API_KEY),
      secret: Redacted.make(env.KRAKEN_API_SECRET),
      otp: Option.none()
    })
    const source = Context.get(
      yield* Layer.build(Layer.provide(NonceSourceInStateFolder, TestConfig({ stateDir: state, credentials }))),
      NonceSource
    )
    if (isJumped) {
      yield* nextNonce(source)
      yield* source.jump
    }
    return yield* nextNonce(source)
  }).pipe(Effect.scoped)

describe("doctor", () => {
  it.scopedLive.each([false, true])(
    "changes no file, and goes on from the nonces of servers (jumped: %s)",
    (isJumped) =>
      Effect.gen(function* () {
        const home = yield* makeHealthyHome
        const last = yield* useLane(home, isJumped)
        home.key.highestNonce = last
        const before = contentsOf(home.folder)
        const { code } = yield* home.doctor()
        assert.strictEqual(code, 0)
        assert.deepStrictEqual(contentsOf(home.folder), before)
        const calls = home.fake.seen.filter(({ endpoint }) => endpoint === "private/GetApiKeyInfo")
        assert.deepStrictEqual(
          calls.map(({ outcome }) => outcome),
          ["done"]
        )
        assert.isAbove(Number((calls[0]?.nonce ?? 0n) - last), 0)
        assert.deepStrictEqual(
          new Set(home.fake.seen.map(({ endpoint }) => endpoint)),
          new Set(["public/SystemStatus", "public/Time", "private/GetApiKeyInfo"])
        )
      })
  )

  it.scopedLive("reads the record that a server has open, and waits for its writes under way", () =>
    Effect.gen(function* () {
      const home = yield* makeHealthyHome
      const db = yield* openImmediateDatabase({ file: join(home.state, recordFile), layout })
      const [, , intent] = sampleEvents
      assert.isDefined(intent)
      if (intent === undefined) return
      const lease = (millis: number) =>
        db.write(function* ({ wall }) {
          yield* run("INSERT OR REPLACE INTO leases (seq, owner, until) VALUES (3, 'server', ?)", wall + millis)
        })
      yield* db.write(() => append(intent))
      yield* lease(15_000)
      assert.deepStrictEqual(wrong(yield* home.inspect()), [])
      yield* lease(-1)
      assert.deepStrictEqual(wrong(yield* home.inspect()), ["record.abandoned"])
    })
  )

  it.scopedLive("makes no file in a new folder, without a key and without a network", () =>
    Effect.gen(function* () {
      const { folder, run } = yield* makeCommandLine
      const port = yield* freePort
      const { code, stderr, stdout } = yield* run(["doctor", "--json"], {
        KRAKEN_BASE_URL: `http://127.0.0.1:${port}`
      })
      const ids = JSON.parse(stdout).findings.map(({ id }: { readonly id: string }) => id)
      assert.includeMembers(ids, ["kraken.unreachable", "key.none", "record.none", "tokens.none"])
      assert.strictEqual(code, 1)
      assert.notStrictEqual(stderr, "")
      assert.deepStrictEqual(
        readdirSync(folder).filter((name) => name !== ".cache"),
        []
      )
    })
  )

  it.scopedLive("says that Node is too old, and checks nothing that would need a newer one", () =>
    Effect.gen(function* () {
      const home = yield* makeHealthyHome
      const old = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.4" } })`
      const { code, ids } = yield* home.doctor({ NODE_OPTIONS: `--require ${home.file("old.cjs", old)}` })
      assert.deepStrictEqual([code, ids], [1, ["node.old"]])
      assert.strictEqual(home.fake.count(), 0)
    })
  )

  it.scopedLive("goes on although another setting is wrong, and says what it could not check", () =>
    Effect.gen(function* () {
      const home = yield* makeHealthyHome
      home.key.permissions = [...home.key.permissions, "withdraw-funds"]
      const wrongPort = yield* home.doctor({ MCP_KRAKEN_PORT: "many" })
      assert.deepStrictEqual(wrong(wrongPort.findings), ["settings.invalid", "key.withdrawal"])
      const wrongKey = yield* home.doctor({ KRAKEN_API_SECRET: "hush!" })
      assert.includeMembers([...wrongKey.ids], ["settings.invalid", "check.skipped", "server.none"])
      const broken = yield* home.doctor({}, ["--env-file", home.file("broken.env", "nonsense\n")])
      assert.includeMembers([...broken.ids], ["settings.invalid", "check.skipped"])
    })
  )

  it.scopedLive("prints no secret", () =>
    Effect.gen(function* () {
      const home = yield* makeHealthyHome
      const { KRAKEN_API_KEY: key, KRAKEN_API_SECRET: secret } = home.env
      const environments = [
        {},
        { KRAKEN_API_KEY: "unknown" },
        { KRAKEN_API_SECRET: `${secret.slice(0, -8)}!` },
        { KRAKEN_API_SECRET: "", KRAKEN_API_SECRET_FILE: secret },
        { MCP_KRAKEN_TIER: secret, KRAKEN_API_OTP: "correct horse" }
      ]
      for (const env of environments)
        for (const json of [[], ["--json"]]) {
          const { stderr, stdout } = yield* home.run(["doctor", ...json], { ...home.env, ...env })
          for (const text of [key, secret, secret.slice(0, 40), "correct horse"])
            assert.notInclude(stdout + stderr, text)
          assert.include(stdout, json.length > 0 ? '"findings"' : "Home: ")
        }
    })
  )

  it.scopedLive("reports Kraken as unreachable if it breaks connections or does not answer", () =>
    Effect.gen(function* () {
      const home = yield* makeHealthyHome
      const drop = Array.from({ length: 12 }, () => dropBefore)
      for (const endpoint of ["public/SystemStatus", "public/Time", "private/GetApiKeyInfo"])
        home.fake.misbehave(endpoint, ...drop)
      assert.deepStrictEqual(wrong(yield* home.inspect()), ["kraken.unreachable"])
      const silent = yield* makeHealthyHome
      silent.fake.misbehave("*", delayBefore(60_000), delayBefore(60_000), delayBefore(60_000))
      assert.deepStrictEqual(wrong(yield* silent.inspect()), ["kraken.unreachable"])
      const keyOnly = yield* makeHealthyHome
      keyOnly.fake.misbehave("private/GetApiKeyInfo", ...drop)
      assert.deepStrictEqual(wrong(yield* keyOnly.inspect()), ["key.not-checked"])
    })
  )

  it.scopedLive("sends nothing to Kraken for simulated accounts on the computed market", () =>
    Effect.gen(function* () {
      const home = yield* makeHealthyHome
      const { findings } = yield* home.doctor({ MCP_KRAKEN_PAPER_MARKET: "synthetic" }, ["--paper"])
      assert.deepStrictEqual(wrong(findings), [])
      assert.strictEqual(home.fake.count(), 0)
    })
  )

  it.scopedLive("checks neither tokens nor address of a server over stdio", () =>
    Effect.gen(function* () {
      const home = yield* makeHealthyHome
      const env = { MCP_KRAKEN_HOST: "0.0.0.0", MCP_KRAKEN_TOKEN_DB: "/nowhere", MCP_KRAKEN_PORT: "many" }
      const { code, findings, home: found } = yield* home.doctor(env, ["--stdio"])
      assert.deepStrictEqual(wrong(findings), [])
      assert.deepStrictEqual([code, found.grade], [0, "C"])
      // The file is read over HTTP only, and says what the environment does not.
      home.file(".env", "MCP_KRAKEN_MODE=paper\n")
      const overHttp = yield* home.doctor({
        KRAKEN_API_KEY: "",
        KRAKEN_API_SECRET: "",
        MCP_KRAKEN_PAPER_BALANCES: "USD=1"
      })
      assert.notInclude(overHttp.ids, "settings.invalid")
      const live = yield* home.doctor({ KRAKEN_API_KEY: "" })
      assert.include(live.ids, "settings.invalid")
    })
  )

  it.scopedLive(
    "tells of what needs no action: another start over stdio, settings without effect, expired tokens",
    () =>
      Effect.gen(function* () {
        const home = yield* makeHealthyHome
        const { KRAKEN_API_KEY, KRAKEN_API_SECRET, KRAKEN_BASE_URL, ...env } = home.env
        const lines = Object.entries({ KRAKEN_API_KEY, KRAKEN_API_SECRET, KRAKEN_BASE_URL, MCP_KRAKEN_API: "spot" })
        home.file(".env", lines.map(([name, value]) => `${name}=${value}\n`).join(""))
        const db = new Database(home.tokenDb)
        db.exec(
          "INSERT INTO tokens VALUES ('old', 'old', 'hash', '2020-01-01T00:00:00.000000+00:00', '2021-01-01T00:00:00.000000+00:00', NULL, NULL)"
        )
        db.close()
        const { code, stdout } = yield* home.run(["doctor", "--json"], { ...env, MCP_KRAKEN_MODE: "live" })
        const findings: ReadonlyArray<Finding> = JSON.parse(stdout).findings
        assert.deepStrictEqual(wrong(findings), [])
        assert.includeMembers(
          findings.map(({ id }) => id),
          ["settings.stdio", "settings.notice", "tokens.expired", "kraken.address"]
        )
        assert.strictEqual(code, 0)
      })
  )

  it.scopedLive("finds a server that runs, as its clients do", () =>
    Effect.gen(function* () {
      const home = yield* makeHealthyHome
      const server = yield* home.serve([], home.env)
      yield* server.told("mcp-kraken serves")
      const { findings, ids } = yield* home.doctor()
      assert.deepStrictEqual(wrong(findings), [])
      assert.notInclude(ids, "server.none")
      assert.lengthOf(readdirSync(join(home.state, "servers")), 1)
      const elsewhere = yield* home.doctor({ MCP_KRAKEN_PATH: "/elsewhere" })
      assert.deepStrictEqual(wrong(elsewhere.findings), ["server.other-path"])
      const atOtherPort = yield* home.doctor({ MCP_KRAKEN_PORT: String(yield* freePort) })
      const none = atOtherPort.findings.find(({ id }) => id === "server.none")
      assert.include(none?.problem, `localhost:${home.port}/mcp`)
      // A second server of another version. Its process is this one.
      const [own = ""] = readdirSync(join(home.state, "servers"))
      const other = {
        ...JSON.parse(readFileSync(join(home.state, "servers", own), "utf8")),
        pid: process.pid,
        version: "0.0.1"
      }
      writeFileSync(join(home.state, "servers", "other.json"), JSON.stringify(other))
      assert.deepStrictEqual(wrong((yield* home.doctor()).findings), ["server.versions"])
      assert.strictEqual((yield* server.stop).code, 0)
      assert.isFalse(existsSync(join(home.state, "servers", own)))
      const stopped = yield* home.doctor()
      assert.includeMembers([...stopped.ids], ["server.unreachable", "server.other-version"])
    })
  )

  it.scopedLive("finds to whom a server listens that was started with another address than that of the settings", () =>
    Effect.gen(function* () {
      const { env, serve, ...home } = yield* makeHealthyHome
      const open = { MCP_KRAKEN_HOST: "0.0.0.0" }
      const server = yield* serve(["--host", "localhost"], { ...env, ...open })
      yield* server.told("mcp-kraken serves")
      const local = yield* home.doctor(open)
      assert.deepStrictEqual(wrong(local.findings), [])
      assert.include(local.ids, "network.open")
      assert.strictEqual((yield* server.stop).code, 0)
      assert.deepStrictEqual(wrong((yield* home.doctor(open)).findings), ["network.open"])
      const other = yield* serve(["--host", "0.0.0.0"], env)
      yield* other.told("mcp-kraken serves")
      assert.deepStrictEqual(wrong((yield* home.doctor()).findings), ["network.open"])
    })
  )

  it.scopedLive("finds a server that needs no token although the settings say so", () =>
    Effect.gen(function* () {
      const home = yield* makeHealthyHome
      const server = yield* home.serve([], { ...home.env, MCP_KRAKEN_AUTH_DISABLED: "true" })
      yield* server.told("mcp-kraken serves")
      assert.deepStrictEqual(wrong((yield* home.doctor()).findings), ["server.no-authentication"])
      const told = yield* home.doctor({ MCP_KRAKEN_AUTH_DISABLED: "true" })
      assert.deepStrictEqual(wrong(told.findings), ["network.auth-disabled"])
    })
  )

  it.scopedLive("finds a server behind TLS", () =>
    Effect.gen(function* () {
      const home = yield* makeHealthyHome
      const { certFile, keyFile } = makePair(home.folder, "one")
      const env = { MCP_KRAKEN_SSL_KEYFILE: keyFile, MCP_KRAKEN_SSL_CERTFILE: certFile }
      const server = yield* home.serve([], { ...home.env, ...env })
      yield* server.told("mcp-kraken serves")
      const { findings, ids } = yield* home.doctor(env)
      assert.deepStrictEqual(wrong(findings), [])
      assert.notInclude(ids, "server.none")
      assert.deepStrictEqual(wrong((yield* home.doctor()).findings), ["server.port-taken"])
    })
  )
})

describe("the space on a disk", () => {
  it.scoped("is that of the file system on which a folder is", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const other = join(folder, "other")
      mkdirSync(other)
      const nameAt = (folder: string) => thisSystem.spaceAt(folder)?.name
      assert.isDefined(nameAt(folder))
      assert.strictEqual(nameAt(other), nameAt(folder))
      // Two file systems of one kind and size are not one.
      assert.strictEqual(nameAt(folder), String(statSync(folder).dev))
      assert.isUndefined(nameAt(join(folder, "missing")))
    })
  )
})

describe("advice on authority", () => {
  it.scopedLive("is given only if clients can write", () =>
    Effect.gen(function* () {
      const home = yield* makeHealthyHome
      const advice = (more: Record<string, string>, stdio = false) =>
        Effect.map(home.inspect({}, more, stdio), (findings) =>
          findings.flatMap(({ id, severity }) => (/^(limits|operator|notify)\./.test(id) ? [`${id} ${severity}`] : []))
        )
      const write = { MCP_KRAKEN_READ_ONLY: "false" }
      assert.deepStrictEqual(yield* advice({}), [])
      assert.deepStrictEqual(yield* advice({}, true), [])
      assert.deepStrictEqual(yield* advice(write, true), ["limits.none info", "notify.none info"])
      assert.deepStrictEqual(yield* advice({ ...write, MCP_KRAKEN_BUDGET: "500USD" }, true), ["notify.none info"])
      assert.deepStrictEqual(yield* advice(write), ["operator.no-page info", "notify.none info"])
      const told = { ...write, MCP_KRAKEN_NOTIFY: "https://ntfy.test/topic", MCP_KRAKEN_OPERATOR: "127.0.0.1:8767" }
      assert.deepStrictEqual(yield* advice(told), ["operator.page-closed warning"])
      yield* home.limit
      assert.sameMembers([...(yield* advice(told))], ["operator.page-closed warning", "operator.no-passphrase info"])
      const db = new Database(join(home.state, "authority.db"))
      db.exec("INSERT INTO secret VALUES (1, 's', 'h', '{}', 'f')")
      db.close()
      assert.deepStrictEqual(yield* advice(told), [])
    })
  )
})

describe("the dates of a certificate", () => {
  it.scoped("are compared with the clock", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { certFile, keyFile } = makePair(folder, "one", 30)
      const environment = { HOME: folder, MCP_KRAKEN_SSL_KEYFILE: keyFile, MCP_KRAKEN_SSL_CERTFILE: certFile }
      const installation = makeInstallation(
        { envFile: Option.none(), stdio: false, paper: false },
        { ...thisSystem, environment }
      )
      const certificate = new X509Certificate(readFileSync(certFile))
      const found = (at: string, days: number) =>
        TestClock.setTime(Date.parse(at) + days * 86_400_000).pipe(
          Effect.zipRight(tlsCheck.run(installation)),
          Effect.map((findings) => findings.map(({ id }) => id))
        )
      assert.deepStrictEqual(yield* found(certificate.validFrom, -1), ["tls.not-yet-valid"])
      assert.deepStrictEqual(yield* found(certificate.validFrom, 1), [])
      assert.deepStrictEqual(yield* found(certificate.validTo, -13), ["tls.expires-soon"])
      assert.deepStrictEqual(yield* found(certificate.validTo, 1), ["tls.expired"])
    })
  )
})

describe("the grade of the home", () => {
  const grade = (home: HealthyHome, system: Partial<System>, { env = {}, stdio = false } = {}) =>
    homeOf(
      makeInstallation(
        { envFile: Option.none(), stdio, paper: false },
        { ...thisSystem, isOwnContainer: false, ...system, environment: { ...home.env, ...env } }
      )
    ).grade

  it.scopedLive("is A only if the server is apart from this user", () =>
    Effect.gen(function* () {
      const home = yield* makeHealthyHome
      const uid = statSync(home.state).uid
      const noKey = { KRAKEN_API_KEY: "", KRAKEN_API_SECRET: "" }
      assert.strictEqual(grade(home, { uid }), "C")
      assert.strictEqual(grade(home, { uid }, { stdio: true }), "C")
      assert.strictEqual(grade(home, { uid, isOwnContainer: true }), "A")
      assert.strictEqual(grade(home, { uid, isOwnContainer: true }, { stdio: true }), "C")
      assert.strictEqual(grade(home, { uid: uid + 1 }, { env: noKey }), "A")
      // The other user has the API key, too.
      assert.strictEqual(grade(home, { uid: uid + 1 }), "C")
      assert.strictEqual(grade(home, { uid: undefined }), "C")
    })
  )
})
