import { recordFile } from "../../../src/layers/access/record/recordFile.ts"
import { authorityInFile } from "../../../src/layers/access/record/authority.ts"
import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect, Option, type Scope } from "effect"
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { createServer as createTcpServer } from "node:net"
import { hostname } from "node:os"
import { join } from "node:path"
import process from "node:process"
import type { FindingId } from "../../../src/cli/doctor/kit/finding.ts"
import type { System } from "../../../src/cli/doctor/kit/system.ts"
import { freeze } from "../../../src/cli/panic/freeze.ts"
import { haltFileIn, removeHaltFile, writeHaltFile } from "../../../src/layers/access/halt/haltFile.ts"
import { version } from "../../../src/version.ts"
import { freePort } from "../../freePort.ts"
import { record, sampleEvents } from "../audit/sampleRecord.ts"
import { type HealthyHome, makeHealthyHome, makePair, wrong } from "./healthyHome.ts"

type Env = Readonly<Record<string, string>>

/** A change that makes a healthy installation sick: files, variables, arguments, or another machine. */
interface Planted {
  readonly env?: Env
  readonly args?: ReadonlyArray<string>
  readonly system?: Partial<System>
}

interface Fault {
  readonly fault: string
  readonly finds: FindingId
  /** Other findings that the same change causes. */
  readonly also?: ReadonlyArray<FindingId>
  readonly plant: (home: HealthyHome) => Effect.Effect<Planted | void, unknown, Scope.Scope>
}

const change =
  (plant: (home: HealthyHome) => Planted | void): Fault["plant"] =>
  (home) =>
    Effect.sync(() => plant(home))

const query = (file: string, sql: string): void => {
  const db = new Database(file)
  db.exec(sql)
  db.close()
}

/** Leaves the file of another server, whose process is this one. */
const otherServer = (state: string, version: string, pid = process.pid): void => {
  const server = { version, pid, host: hostname(), started: new Date(0).toISOString(), address: "stdio" }
  mkdirSync(join(state, "servers"), { recursive: true })
  writeFileSync(join(state, "servers", `other-${version}.json`), JSON.stringify(server))
}

/** Leaves the file of a server over HTTP of this version, whose process is this one. */
const httpServer = (state: string, port: number, isLocal: boolean): void => {
  const [started, address] = [new Date(0).toISOString(), `http://localhost:${port}/mcp`]
  mkdirSync(join(state, "servers"), { recursive: true })
  writeFileSync(
    join(state, "servers", "http.json"),
    JSON.stringify({ version, pid: process.pid, host: hostname(), started, address, isLocal })
  )
}

/** A process that listens and is no server of this program. */
const stranger = (port: number) =>
  Effect.acquireRelease(
    Effect.async<() => void>((resume) => {
      const server = createServer((_, response) => response.end("hello")).listen(port, "127.0.0.1", () =>
        resume(Effect.succeed(() => server.close()))
      )
    }),
    (close) => Effect.sync(close)
  )

/** A program that accepts connections, and at most sends a greeting. */
const silent = (port: number, greeting?: string) =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.async<() => void>((resume) => {
        const server = createTcpServer((socket) => {
          socket.on("error", () => undefined)
          if (greeting !== undefined) socket.write(greeting)
        }).listen(port, "127.0.0.1", () => resume(Effect.succeed(() => server.close())))
      }),
      (close) => Effect.sync(close)
    )
  )

/** Lines of a file of settings with the API key. */
const keyLines = (env: HealthyHome["env"]): string =>
  Object.entries(env)
    .filter(([name]) => name.startsWith("KRAKEN_"))
    .map(([name, value]) => `${name}=${value}\n`)
    .join("")

const mebibyte = 1024n * 1024n
const space = (bytes: bigint, hasFiles = true) => ({ system: { spaceAt: () => ({ bytes, hasFiles, name: "disk" }) } })

const stop = { since: Date.UTC(2026, 0, 5), by: "local", reason: "odd orders" }

const faults: ReadonlyArray<Fault> = [
  {
    fault: "the clock is 10 minutes behind",
    finds: "clock.wrong",
    plant: change(({ fake }) => void (fake.state.skew = 600_000))
  },
  {
    fault: "the clock is 10 minutes ahead",
    finds: "clock.wrong",
    plant: change(({ fake }) => void (fake.state.skew = -600_000))
  },
  {
    fault: "others can read the settings",
    finds: "file.secret-exposed",
    plant: change(({ env, file }) => ({
      args: ["--env-file", file("secrets.env", keyLines(env), 0o644)],
      env: { KRAKEN_BASE_URL: "", KRAKEN_API_KEY: "", KRAKEN_API_SECRET: "" }
    }))
  },
  {
    fault: "others can read the file of the private key",
    finds: "file.secret-exposed",
    plant: change(({ env, file }) => ({
      env: { KRAKEN_API_SECRET: "", KRAKEN_API_SECRET_FILE: file("secret", env.KRAKEN_API_SECRET, 0o640) }
    }))
  },
  {
    fault: "others can read the tokens",
    finds: "file.database-exposed",
    plant: change(({ tokenDb }) => chmodSync(tokenDb, 0o644))
  },
  {
    fault: "others can read the record",
    finds: "file.database-exposed",
    plant: change(({ state }) => chmodSync(join(state, "authority.db"), 0o660))
  },
  {
    fault: "others can list the state folder",
    finds: "folder.exposed",
    plant: change(({ state }) => chmodSync(state, 0o755))
  },
  {
    fault: "the state folder is a file",
    finds: "folder.not-a-folder",
    also: ["stop.frozen"],
    plant: change(({ file }) => ({ env: { MCP_KRAKEN_STATE_DIR: file("folder", "") } }))
  },
  {
    fault: "the key can withdraw",
    finds: "key.withdrawal",
    plant: change(({ key }) => void (key.permissions = [...key.permissions, "withdraw-funds"]))
  },
  {
    fault: "the key never expires",
    finds: "key.no-expiry",
    plant: change(({ key }) => void (key.validUntil = 0))
  },
  {
    fault: "the key expires in a week",
    finds: "key.expires-soon",
    plant: change(({ key }) => void (key.validUntil = Math.floor(Date.now() / 1000) + 7 * 86_400))
  },
  {
    fault: "the key can be used from anywhere",
    finds: "key.no-address-list",
    plant: change(({ key }) => void (key.ipAllowlist = [""]))
  },
  {
    fault: "the key is limited to another address",
    finds: "key.refused",
    plant: change(({ key }) => void (key.ipAllowlist = ["203.0.113.7"]))
  },
  {
    fault: "the key has a nonce window",
    finds: "key.nonce-window",
    plant: change(({ key }) => void (key.nonceWindow = 1000n))
  },
  {
    fault: "the key can't see closed orders",
    finds: "key.query-missing",
    also: ["tokens.without-limits"],
    plant: change(({ key }) => {
      key.permissions = key.permissions.filter((one) => one !== "query-closed-trades")
      return { env: { MCP_KRAKEN_READ_ONLY: "false" } }
    })
  },
  {
    fault: "Kraken does not know the key",
    finds: "key.invalid",
    plant: change(() => ({ env: { KRAKEN_API_KEY: "unknown" } }))
  },
  {
    fault: "nothing answers at Kraken's address",
    finds: "kraken.unreachable",
    plant: () => Effect.map(freePort, (port) => ({ env: { KRAKEN_BASE_URL: `http://127.0.0.1:${port}` } }))
  },
  {
    fault: "Kraken is under maintenance",
    finds: "kraken.status",
    plant: change(({ fake }) => fake.answer("public/SystemStatus", { status: "maintenance" }))
  },
  {
    fault: "the proxy is not one",
    finds: "kraken.unreachable",
    plant: change(() => ({ env: { KRAKEN_BASE_URL: "https://kraken.test", HTTPS_PROXY: "ftp://proxy.test" } }))
  },
  {
    fault: "the record is no database",
    finds: "record.damaged",
    plant: change(({ state }) =>
      writeFileSync(join(state, "authority.db"), "no database at all ".repeat(200), { mode: 0o600 })
    )
  },
  {
    fault: "the record was altered",
    finds: "record.altered",
    plant: change(({ state }) => query(join(state, "authority.db"), "UPDATE events SET body = '{}' WHERE seq = 1"))
  },
  {
    fault: "a table of the record is gone",
    finds: "record.altered",
    plant: change(({ state }) => query(join(state, "authority.db"), "DROP TABLE intents"))
  },
  {
    fault: "a newer version wrote the record",
    finds: "record.newer",
    plant: change(({ state }) => query(join(state, "authority.db"), "PRAGMA user_version = 99"))
  },
  {
    fault: "another program wrote the record",
    finds: "record.foreign",
    plant: change(({ state }) => query(join(state, "authority.db"), "PRAGMA application_id = 1"))
  },
  {
    fault: "another program holds the record",
    finds: "record.locked",
    plant: ({ state }) => hold(join(state, "authority.db"))
  },
  {
    fault: "all trading is frozen",
    finds: "stop.frozen",
    plant: ({ state }) => Effect.asVoid(freeze(state, authorityInFile(join(state, recordFile)), stop))
  },
  {
    fault: "all trading is frozen by the file alone",
    finds: "stop.half",
    also: ["stop.frozen"],
    plant: change(({ state }) => void writeHaltFile(haltFileIn(state), stop))
  },
  {
    fault: "all trading is frozen by the record alone",
    finds: "stop.half",
    also: ["stop.frozen"],
    plant: ({ state }) =>
      Effect.andThen(
        freeze(state, authorityInFile(join(state, recordFile)), stop),
        Effect.sync(() => removeHaltFile(haltFileIn(state)))
      )
  },
  {
    fault: "a file stops all trading that cannot be understood, beside a record that another program holds",
    finds: "stop.frozen",
    also: ["record.locked"],
    plant: ({ state }) =>
      Effect.andThen(
        Effect.sync(() => writeFileSync(haltFileIn(state), "")),
        hold(join(state, "authority.db"))
      )
  },
  {
    fault: "the outcome of a withdrawal is unknown",
    finds: "record.unknown-outcomes",
    plant: ({ state }) =>
      record(
        state,
        sampleEvents.slice(2, 4).map((event) => (event.kind === "outcome" ? { ...event, intent: 3 } : event))
      ).pipe(Effect.asVoid)
  },
  {
    fault: "a server ended before its order was answered",
    finds: "record.abandoned",
    plant: ({ state }) => Effect.asVoid(record(state, sampleEvents.slice(2, 3)))
  },
  {
    fault: "the nonces are no database",
    finds: "database.damaged",
    plant: change(({ state }) =>
      writeFileSync(join(state, "nonces.db"), "no database at all ".repeat(200), { mode: 0o600 })
    )
  },
  {
    fault: "the database of several servers does not answer",
    finds: "database.away",
    plant: () =>
      Effect.map(freePort, (port) => ({
        env: { MCP_KRAKEN_DATABASE_URL: `postgres://kraken:hush@127.0.0.1:${port}/kraken` }
      }))
  },
  {
    fault: "another program holds the nonces",
    finds: "database.locked",
    plant: ({ file }) => hold(file("state/nonces.db", ""))
  },
  {
    fault: "another program holds the tokens",
    finds: "database.locked",
    plant: ({ tokenDb }) => hold(tokenDb)
  },
  {
    fault: "another program listens on the port",
    finds: "server.port-taken",
    plant: ({ port }) => Effect.asVoid(stranger(port))
  },
  {
    fault: "a program listens on the port and says nothing",
    finds: "server.port-taken",
    plant: ({ port }) => silent(port)
  },
  {
    fault: "a program on the port speaks another protocol",
    finds: "server.port-taken",
    plant: ({ port }) => silent(port, "220 mail.test ESMTP\r\n")
  },
  {
    fault: "a server runs that can't be reached",
    finds: "server.unreachable",
    plant: change(({ port, state }) => {
      otherServer(state, "1.0.0")
      const file = join(state, "servers", "other-1.0.0.json")
      const server = { version: "1.0.0", pid: process.pid, host: hostname(), started: new Date(0).toISOString() }
      writeFileSync(file, JSON.stringify({ ...server, address: `http://localhost:${port}/mcp` }))
    })
  },
  {
    fault: "servers of different versions use the state folder",
    finds: "server.versions",
    plant: change(({ state }) => {
      otherServer(state, "1.0.0")
      otherServer(state, "2.0.0", process.ppid)
    })
  },
  {
    fault: "the private key is of another certificate",
    finds: "tls.mismatch",
    plant: change(({ folder }) => tls(makePair(folder, "one").keyFile, makePair(folder, "two").certFile))
  },
  {
    fault: "the certificate has nearly expired",
    finds: "tls.expires-soon",
    plant: change(({ folder }) => {
      const { certFile, keyFile } = makePair(folder, "one", 3)
      return tls(keyFile, certFile)
    })
  },
  {
    fault: "the certificate is missing",
    finds: "tls.unreadable",
    plant: change(({ folder }) => tls(makePair(folder, "one").keyFile, join(folder, "missing.pem")))
  },
  {
    fault: "the certificate is none",
    finds: "tls.invalid",
    plant: change(({ file, folder }) => tls(makePair(folder, "one").keyFile, file("empty.pem", "")))
  },
  {
    fault: "a token has no limits",
    finds: "tokens.without-limits",
    plant: change(() => ({ env: { MCP_KRAKEN_READ_ONLY: "false" } }))
  },
  {
    fault: "the limits of a token are in another state folder",
    finds: "tokens.limits-missing",
    plant: (home) =>
      Effect.gen(function* () {
        yield* home.limit
        rmSync(home.state, { recursive: true })
        mkdirSync(home.state, { mode: 0o700 })
      })
  },
  {
    fault: "a token never expires",
    finds: "tokens.never-expire",
    plant: ({ createToken }) => Effect.asVoid(createToken(Option.none()))
  },
  {
    fault: "there is no token",
    finds: "tokens.none",
    plant: change(({ tokenDb }) => rmSync(tokenDb))
  },
  {
    fault: "the server is open to the network",
    finds: "network.open",
    plant: change(() => ({ env: { MCP_KRAKEN_HOST: "0.0.0.0" } }))
  },
  {
    fault: "the server that runs is open to the network, which the settings do not show",
    finds: "network.open",
    plant: ({ port, state }) => Effect.sync(() => httpServer(state, port + 1, false))
  },
  {
    fault: "the network needs no token",
    finds: "network.auth-disabled",
    also: ["network.open"],
    plant: change(() => ({ env: { MCP_KRAKEN_HOST: "0.0.0.0", MCP_KRAKEN_AUTH_DISABLED: "true" } }))
  },
  {
    fault: "Node is old",
    finds: "node.old",
    plant: change(() => ({ system: { nodeVersion: "20.17.9" } }))
  },
  {
    fault: "a .env is not read, since another file is named",
    finds: "settings.env-unread",
    plant: change(({ file }) => {
      file(".env", "MCP_KRAKEN_READ_ONLY=true\n")
      return { args: ["--env-file", file("other.env", "")] }
    })
  },
  {
    fault: "a .env is not read over stdio",
    finds: "settings.env-unread",
    plant: change(({ file }) => {
      file(".env", "MCP_KRAKEN_READ_ONLY=true\n")
      return { args: ["--stdio"] }
    })
  },
  {
    fault: "a setting is unknown",
    finds: "settings.unknown",
    plant: change(() => ({ env: { MCP_KRAKEN_REED_ONLY: "true", MCP_KRAKEN_STATE_DIRR: "/nowhere" } }))
  },
  {
    fault: "the name of the private key is misspelt",
    finds: "settings.unknown",
    plant: change(() => ({ env: { KRAKEN_API_SECRT: "x" } }))
  },
  {
    fault: "a setting is invalid",
    finds: "settings.invalid",
    plant: change(() => ({ env: { MCP_KRAKEN_TIER: "gold" } }))
  },
  { fault: "the disk is full", finds: "disk.full", plant: change(() => space(5n * mebibyte)) },
  { fault: "the disk takes no more files", finds: "disk.full", plant: change(() => space(2n ** 40n, false)) },
  { fault: "the disk is nearly full", finds: "disk.nearly-full", plant: change(() => space(50n * mebibyte)) }
]

const tls = (keyFile: string, certFile: string): Planted => ({
  env: { MCP_KRAKEN_SSL_KEYFILE: keyFile, MCP_KRAKEN_SSL_CERTFILE: certFile }
})

/** Holds a database so that no other process can read it. */
const hold = (file: string) =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => {
        const db = new Database(file)
        db.pragma("locking_mode = EXCLUSIVE")
        db.exec("BEGIN EXCLUSIVE")
        return db
      }),
      (db) => Effect.sync(() => db.close())
    )
  )

describe("doctor", () => {
  it.scopedLive("finds nothing wrong on a healthy installation", () =>
    Effect.gen(function* () {
      const home = yield* makeHealthyHome
      const { code, findings, healthy } = yield* home.doctor()
      assert.deepStrictEqual(wrong(findings), [])
      assert.deepStrictEqual([code, healthy], [0, true])
      // One that writes, whose token has limits.
      yield* home.limit
      assert.deepStrictEqual(wrong(yield* home.inspect({}, { MCP_KRAKEN_READ_ONLY: "false" })), [])
    })
  )

  it.scopedLive.each(faults)("finds that $fault", ({ also = [], finds, plant }) =>
    Effect.gen(function* () {
      const home = yield* makeHealthyHome
      const { args, env, system } = (yield* plant(home)) ?? {}
      const { code, findings } =
        system === undefined ? yield* home.doctor(env, args) : { code: 1, findings: yield* home.inspect(system, env) }
      assert.deepStrictEqual(new Set(wrong(findings)), new Set([finds, ...also]))
      assert.strictEqual(code, 1)
    })
  )
})
