import { Effect, type Scope } from "effect"
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { chmodSync, cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { env as environment } from "node:process"
import { bundle } from "../Bundle.ts"
import { type Ended, runCommand } from "../cli/commandLine.ts"
import { makeFakeKraken } from "../doubles/FakeKraken.ts"
import { serve as serveFake } from "../doubles/fake/Serve.ts"
import { freePort } from "../freePort.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import { root } from "./markdown.ts"
import { heard, type Server, serverOf } from "./server.ts"

/** A copy of the project as a reader has it, with a fake Kraken, in which commands run one after the other. */
export interface Workspace {
  readonly folder: string
  /** Replaces a document's placeholders as a reader would: token, paths, and a port that is free here. */
  readonly fill: (text: string) => Effect.Effect<string>
  /** Runs a command to its end. */
  readonly run: (source: string, variables?: Variables) => Effect.Effect<Ended>
  /** Starts a server or test exchange, ends the one before it, and waits until the new one serves. */
  readonly start: (source: string, variables?: Variables) => Effect.Effect<void>
  readonly token: Effect.Effect<string>
  /** Variables with the API key and the address, of Kraken or of the test exchange. */
  readonly credentials: () => Variables
  /** Variables with the API keys of named accounts. */
  readonly ofAccounts: Variables
  /** Variables that `export` has set for all later commands. */
  readonly exported: Record<string, string>
}

type Variables = Readonly<Record<string, string>>

/** A command of ours without anything that a shell would expand. */
const plainWords = /^(?:node dist\/main\.mjs|mcp-kraken) ([\w=.,:/@%+ -]+)$/

/** Files of the repository that are not copied: build products, and files that users do not need. */
const left = new Set([".git", "node_modules", "dist", "test", "bench", "data", "certs", ".env"])

export const makeWorkspace: Effect.Effect<Workspace, never, Scope.Scope> = Effect.gen(function* () {
  const fake = makeFakeKraken()
  const { url: kraken } = yield* serveFake(fake)
  const { full, readOnly, trade } = fake.keys
  const folder = yield* temporaryFolder
  yield* Effect.sync(() => furnish(folder))
  const port = yield* freePort
  const exchangePort = yield* freePort
  let credentials: Variables = {
    KRAKEN_API_KEY: full.key,
    KRAKEN_API_SECRET: full.secret,
    KRAKEN_BASE_URL: kraken,
    MCP_KRAKEN_TIER: "off"
  }
  /** The keys of the accounts that docs/accounts.md uses as examples. */
  const ofAccounts: Variables = {
    KRAKEN_DESK_API_KEY: trade.key,
    KRAKEN_DESK_API_SECRET: trade.secret,
    KRAKEN_COLD_API_KEY: readOnly.key,
    KRAKEN_COLD_API_SECRET: readOnly.secret
  }
  const exported: Record<string, string> = {}
  const surroundings: Variables = {
    HOME: join(folder, "home"),
    PATH: `${join(folder, "bin")}:${environment["PATH"] ?? ""}`,
    KRAKEN_BASE_URL: kraken,
    MCP_KRAKEN_PORT: String(port)
  }
  const running = new Map<"server" | "exchange", Server>()
  let token: string | undefined
  let served = ""

  const open = (source: string, variables: Variables = {}) =>
    spawn("bash", ["-c", source], {
      cwd: folder,
      env: { ...surroundings, ...exported, ...variables },
      // Its own process group, so that everything a script starts ends with it.
      detached: true
    })

  const runInShell = (source: string, variables?: Variables) =>
    Effect.promise((): Promise<Ended> => {
      const child = open(source, variables)
      child.stdin.end()
      const [stdout, stderr] = [heard(child.stdout), heard(child.stderr)]
      return once(child, "close").then(([code]: Array<number | null>) => ({
        code: code ?? null,
        stdout: stdout(),
        stderr: stderr()
      }))
    })

  /** Runs a command, in a shell if it means more than its words. */
  const run: Workspace["run"] = (source, variables) => {
    const words = plainWords.exec(source)?.[1]?.split(" ")
    const ended =
      words === undefined
        ? runInShell(source, variables)
        : runCommand(words, { ...surroundings, ...exported, ...variables }, folder, "", join(folder, "dist/main.mjs"))
    return Effect.tap(ended, ({ stdout }) => {
      // A token that the document has revoked is no longer accepted.
      token = source.includes("token revoke") ? undefined : (/mck_[\w-]{43}/.exec(stdout)?.[0] ?? token)
    })
  }

  const start: Workspace["start"] = (source, variables) =>
    Effect.gen(function* () {
      const isExchange = source.includes("mcp-kraken exchange")
      const kind = isExchange ? "exchange" : "server"
      yield* stop(kind)
      const server = serverOf(open(isExchange ? `${source} --port ${exchangePort}` : source, variables))
      running.set(kind, server)
      const said = yield* Effect.orDie(server.serves)
      token = /mck_[\w-]{43}/.exec(said)?.[0] ?? token
      served = /mcp-kraken serves (\S+)/.exec(said)?.[1] ?? served
      if (isExchange) credentials = { KRAKEN_BASE_URL: `http://127.0.0.1:${exchangePort}`, ...fullKey(said) }
    })

  const stop = (kind: "server" | "exchange") => Effect.promise(() => running.get(kind)?.end() ?? Promise.resolve())
  yield* Effect.addFinalizer(() => Effect.zipRight(stop("server"), stop("exchange")))

  /** Starts a server if none runs, or if the document has switched to one over TLS. */
  const ensureServer = Effect.suspend(() =>
    running.get("server") === undefined || served.startsWith("https:") ? start("node dist/main.mjs serve") : Effect.void
  )
  const ensureToken = Effect.suspend(() =>
    token === undefined ? Effect.asVoid(run("node dist/main.mjs token create docs")) : Effect.void
  )

  const fill: Workspace["fill"] = (source) =>
    Effect.gen(function* () {
      // The name by which containers reach the machine that they run on.
      const text = source.replaceAll("host.docker.internal", "localhost")
      if (/mck_…|\$\{input:kraken-token\}|\bID$/.test(text)) yield* ensureToken
      if (text.includes("http://localhost:8765")) yield* ensureServer
      return text
        .replaceAll(/mck_…|\$\{input:kraken-token\}/g, token ?? "")
        .replace(/\bID$/, () => idOf(token ?? ""))
        .replaceAll("/path/to/mcp-kraken", folder)
        .replaceAll("8765", String(port))
        .replaceAll("8766", String(exchangePort))
        .replaceAll(/\b((?:MCP_)?KRAKEN_\w+)=…/g, (all, name: string) =>
          name in credentials ? `${name}='${credentials[name]}'` : all
        )
    })

  return {
    folder,
    fill,
    run,
    start,
    token: Effect.map(ensureToken, () => token ?? ""),
    credentials: () => credentials,
    ofAccounts,
    exported
  }
})

/** Reads the key with all permissions from the exchange's output. */
const fullKey = (printed: string): Variables => {
  const { key = "", secret = "" } = /^full +(?<key>\S+) +(?<secret>\S+)/m.exec(printed)?.groups ?? {}
  return { KRAKEN_API_KEY: key, KRAKEN_API_SECRET: secret }
}

/** Computes the id of a token as `token list` shows it. */
const idOf = (token: string) => createHash("sha256").update(token).digest("hex").slice(0, 12)

/** Copies the project without its tests, with the build, and puts `mcp-kraken` on the path as an installation does. */
const furnish = (folder: string) => {
  for (const name of readdirSync(root).filter((name) => !left.has(name))) {
    cpSync(join(root, name), join(folder, name), {
      recursive: true,
      filter: (source) => source !== join(root, "plugin/server")
    })
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
  cpSync(dirname(bundle()), join(folder, "dist"), { recursive: true })
  for (const name of ["home", "bin"]) mkdirSync(join(folder, name))
  const command = join(folder, "bin", "mcp-kraken")
  writeFileSync(command, `#!/bin/sh\nexec node '${join(folder, "dist", "main.mjs")}' "$@"\n`)
  chmodSync(command, 0o755)
}
