import { Clock, Duration, Effect, Layer, Option } from "effect"
import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { inspect } from "../../../src/cli/doctor/inspect.ts"
import type { Finding } from "../../../src/cli/doctor/kit/finding.ts"
import { makeInstallation } from "../../../src/cli/doctor/kit/installation.ts"
import { type System, thisSystem } from "../../../src/cli/doctor/kit/system.ts"
import { TokenDatabase, TokenStoreSql } from "../../../src/layers/access/TokenStoreSql.ts"
import { TokenStore } from "../../../src/services/TokenStore.ts"
import { makeFakeKraken } from "../../doubles/FakeKraken.ts"
import { serve as serveFake } from "../../doubles/fake/Serve.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"
import { freePort } from "../../freePort.ts"
import { record, sampleEvents } from "../audit/sampleRecord.ts"
import { makeCommandLine } from "../commandLine.ts"

type Env = Readonly<Record<string, string>>

export interface Report {
  readonly healthy: boolean
  readonly findings: ReadonlyArray<Finding>
  readonly home: {
    readonly grade: string
    readonly known: ReadonlyArray<string>
    readonly unknown: ReadonlyArray<string>
  }
}

/** The space of a disk with room. */
const roomy: System["spaceAt"] = () => ({ bytes: 2n ** 40n, hasFiles: true, name: "disk" })

/**
 * An installation on which nothing is wrong: a server over HTTP on loopback that reads, with a key for it at the fake Kraken,
 * a token that expires, and a record of one write.
 */
export const makeHealthyHome = Effect.gen(function* () {
  const { folder, ...commandLine } = yield* makeCommandLine
  const fake = makeFakeKraken()
  const { url } = yield* serveFake(fake)
  const key = fake.keys.trade
  key.ipAllowlist = [fake.state.address]
  key.validUntil = Math.floor((yield* Clock.currentTimeMillis) / 1000) + 90 * 86_400
  const state = join(folder, "state")
  const tokenDb = join(folder, "data", "tokens.db")
  const port = yield* freePort
  const env = {
    KRAKEN_BASE_URL: url,
    KRAKEN_API_KEY: key.key,
    KRAKEN_API_SECRET: key.secret,
    MCP_KRAKEN_STATE_DIR: state,
    MCP_KRAKEN_TOKEN_DB: tokenDb,
    MCP_KRAKEN_HOST: "localhost",
    MCP_KRAKEN_PORT: String(port),
    MCP_KRAKEN_READ_ONLY: "true"
  }
  mkdirSync(state, { mode: 0o700 })
  yield* record(state, sampleEvents.slice(0, 2))
  const createToken = (expiresIn: Option.Option<Duration.Duration>) =>
    Effect.flatMap(TokenStore, (tokens) => tokens.create({ name: "desk", paperOnly: false, expiresIn })).pipe(
      Effect.provide(TokenStoreSql.pipe(Layer.provide(TokenDatabase), Layer.provide(TestConfig({ tokenDb }))))
    )
  const { token } = yield* createToken(Option.some(Duration.days(90)))
  return {
    ...commandLine,
    folder,
    fake,
    key,
    state,
    tokenDb,
    port,
    env,
    token,
    /** Makes another token. */
    createToken,
    /** Gives the token limits, which it can only read under. */
    limit: commandLine.run(["token", "update", token.id, "--access", "read"], env),
    /** Makes a file in the folder, with a mode. */
    file: (name: string, text: string, mode = 0o600) => {
      const path = join(folder, name)
      writeFileSync(path, text, { mode })
      return path
    },
    /** Runs the command, and returns its exit code and its report. */
    doctor: (more: Env = {}, args: ReadonlyArray<string> = []) =>
      Effect.map(commandLine.run(["doctor", "--json", ...args], { ...env, ...more }), ({ code, stderr, stdout }) => {
        const report: Report = JSON.parse(stdout)
        return { code, stderr, stdout, ...report, ids: report.findings.map(({ id }) => id) }
      }),
    /** Runs the checks in this process, on a machine that differs. */
    inspect: (changes: Partial<System> = {}, more: Env = {}, stdio = false) =>
      inspect(
        makeInstallation(
          { envFile: Option.none(), stdio, paper: false },
          { ...thisSystem, spaceAt: roomy, ...changes, environment: { ...env, HOME: folder, ...more } }
        ),
        { begun: () => Effect.void, ended: () => Effect.void }
      )
  }
})

export type HealthyHome = Effect.Effect.Success<typeof makeHealthyHome>

/** The ids of findings that are wrong or weak. */
export const wrong = (findings: ReadonlyArray<Finding>): ReadonlyArray<string> =>
  findings.filter(({ severity }) => severity !== "info").map(({ id }) => id)

/** Makes a certificate for a number of days and its private key, and returns their paths. */
export const makePair = (folder: string, name: string, days = 90) => {
  const [keyFile, certFile] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", String(days)]
  execFileSync("openssl", [...made, "-keyout", keyFile, "-out", certFile, "-subj", "/CN=kraken.example"], {
    stdio: "ignore"
  })
  return { keyFile, certFile }
}
