import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schedule } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { createSocket } from "node:dgram"
import { once } from "node:events"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process, { env } from "node:process"
import { parse } from "yaml"
import { bundle } from "../Bundle.ts"
import { makeCommandLine } from "../cli/commandLine.ts"
import { freePort } from "../freePort.ts"
import { inPostgres, isPostgresMissing, newPostgresDatabase } from "../postgres.ts"
import { makeHouse, overHttp } from "./Server.ts"

/** Two servers with the environment of compose.scale.yml, behind Caddy with Caddyfile.scale. */

type Variables = Record<string, string>

const isCaddyMissing = spawnSync("caddy", ["version"]).status !== 0

const root = new URL("../../", import.meta.url)

const read = (file: string): string => readFileSync(new URL(file, root), "utf8")

const addresses = ["127.0.0.2", "127.0.0.3"] as const

/** Answers each question for an IPv4 address with those of the running servers, as the network of a compose project does. */
const nameServer = Effect.acquireRelease(
  Effect.promise(() => {
    const socket = createSocket("udp4")
    const running = new Set<string>()
    socket.on("message", (question, from) => {
      // The name of the one question follows the header of 12 bytes; its type and class are the four bytes after it.
      const end = question.indexOf(0, 12) + 5
      const isIpv4 = question.readUInt16BE(end - 4) === 1
      const found = isIpv4 ? [...running] : []
      const header = Buffer.from(question.subarray(0, 12))
      header.writeUInt16BE(0x8180, 2)
      header.writeUInt16BE(found.length, 6)
      header.fill(0, 8)
      const answers = found.map((address) =>
        // A reference to the name of the question, type A, class IN, a second to live, four bytes.
        Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split(".").map(Number)])
      )
      socket.send(Buffer.concat([header, question.subarray(12, end), ...answers]), from.port, from.address)
    })
    socket.bind(0, "127.0.0.1")
    return once(socket, "listening").then(() => ({ socket, running }))
  }),
  ({ socket }) => Effect.sync(() => socket.close())
)

/** Starts a program, which is killed at the end of the test. Returns what ends it before, with its exit code. */
const start = (command: string, args: ReadonlyArray<string>, variables: Variables, cwd: string) =>
  Effect.gen(function* () {
    const child = spawn(command, args, {
      env: { PATH: env["PATH"] ?? "", HOME: cwd, ...variables },
      cwd,
      stdio: "ignore"
    })
    const exited = once(child, "exit").then(([code]: Array<number | null>) => code)
    yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
    return Effect.promise(() => {
      child.kill("SIGTERM")
      return exited
    })
  })

/** Waits for up to half a minute until an address answers; well, if `isOpen`. */
const answering = (url: string, isOpen: boolean) =>
  Effect.tryPromise(() => fetch(url)).pipe(
    Effect.filterOrFail(({ ok }) => ok || !isOpen),
    Effect.retry(Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(300)))
  )

const needs = isCaddyMissing ? " (skipped, since there is no caddy: apt-get install caddy)" : ""

describe.skipIf(isPostgresMissing || isCaddyMissing)(
  `two servers of compose.scale.yml behind Caddy${needs}, whose state is ${inPostgres}`,
  () => {
    it.scopedLive(
      "serve a client at one address, whichever of them runs",
      () =>
        Effect.gen(function* () {
          const { fake, folder, variables } = yield* makeHouse
          const database = new URL(Redacted.value(yield* newPostgresDatabase))
          const [port, front, names] = [yield* freePort, yield* freePort, yield* nameServer]
          const data = join(folder, "data")
          mkdirSync(data)
          const outer: Variables = {
            KRAKEN_API_KEY: variables["KRAKEN_API_KEY"] ?? "",
            KRAKEN_API_SECRET: variables["KRAKEN_API_SECRET"] ?? "",
            DATABASE_PASSWORD: database.password,
            CADDY_DOMAIN: "localhost"
          }
          const { environment } = parse(read("compose.scale.yml")).services["mcp-kraken"]
          const settings: Variables = Object.fromEntries(
            Object.entries<unknown>(environment).map(([name, value]) => [
              name,
              String(value)
                .replaceAll(/\$\{(\w+):\?[^}]*\}/g, (_, name: string) => outer[name] ?? "")
                // Where this machine differs from the containers: user, place and name of the database, folder, and port.
                .replace("kraken:", `${database.username}:`)
                .replace("@postgres:5432/kraken", `@${database.host}${database.pathname}`)
                .replace("/data", data)
                .replace(/^8765$/, String(port))
            ])
          )
          const house = { ...settings, KRAKEN_BASE_URL: variables["KRAKEN_BASE_URL"] ?? "", MCP_KRAKEN_FEED: "off" }
          const serve = (address: string) =>
            Effect.gen(function* () {
              const of = { ...house, MCP_KRAKEN_HOST: address }
              const stop = yield* start(process.execPath, ["--max-semi-space-size=4", bundle(), "serve"], of, folder)
              yield* answering(`http://${address}:${port}/health`, false)
              names.running.add(address)
              return Effect.tap(stop, () => Effect.sync(() => names.running.delete(address)))
            })
          const caddyfile = join(folder, "Caddyfile")
          writeFileSync(
            caddyfile,
            `{\n\tadmin off\n}\n${read("Caddyfile.scale")}`
              .replace("mcp-kraken 8765 {", `mcp-kraken ${port} {`)
              // Debian's Caddy can't send a POST to the next server, so it looks up those that run for each request.
              .replace("refresh 5s", `refresh 1ms\n\t\t\tresolvers udp/127.0.0.1:${names.socket.address().port}`)
          )
          const url = `http://localhost:${front}`
          const words = ["run", "--config", caddyfile, "--adapter", "caddyfile"]
          yield* Effect.asVoid(start("caddy", words, { CADDY_DOMAIN: url }, folder))
          const { run } = yield* makeCommandLine
          const created = yield* run(["token", "create", "my-client", "--json"], house)
          const { token }: { readonly token: string } = JSON.parse(created.stdout)
          const [one, two] = addresses
          const stopFirst = yield* serve(one)
          const stopSecond = yield* serve(two)
          assert.strictEqual((yield* run(["health"], { ...house, MCP_KRAKEN_HOST: two })).code, 0)
          yield* answering(`${url}/health`, true)
          /** Reads the balances through Caddy, and returns how often Kraken was asked for them so far. */
          const asked = Effect.gen(function* () {
            const client = yield* overHttp({ url: `${url}/mcp`, token })
            const answer = yield* Effect.promise(() => client.callTool({ name: "get_account_balance", arguments: {} }))
            assert.notStrictEqual(answer.isError, true)
            return fake.count("private/Balance")
          }).pipe(Effect.scoped)
          const counts = [yield* asked]
          const codes = [yield* stopFirst]
          counts.push(yield* asked)
          yield* Effect.asVoid(serve(one))
          codes.push(yield* stopSecond)
          counts.push(yield* asked)
          assert.deepStrictEqual(codes, [0, 0])
          assert.deepStrictEqual(counts, [1, 2, 3])
          assert.strictEqual(fake.count("private/GetApiKeyInfo"), 1)
        }),
      240_000
    )
  }
)
