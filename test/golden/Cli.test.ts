import { describe, expect, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { copyFileSync, mkdirSync, realpathSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { bundle } from "../Bundle.ts"
import { record } from "../cli/audit/sampleRecord.ts"
import { makeCommandLine } from "../cli/commandLine.ts"
import { makeHealthyHome } from "../cli/doctor/healthyHome.ts"
import { freePort } from "../freePort.ts"

type Env = Readonly<Record<string, string>>

/** Makes a user's folder in which commands run one after the other, with a transcript of them. */
const makeSession = Effect.map(makeCommandLine, ({ folder, run: runCommand, serve }) => {
  const parts: Array<string> = []
  /** Texts that differ in every run, with their placeholders. */
  const made = new Map([[folder, "<folder>"]])
  const block = (name: string, text: string) =>
    text === "" ? "" : `${name}:\n${text}${text.endsWith("\n") ? "" : "\n"}`
  /** Runs a command with these variables, and returns its output and its transcript. */
  const run = (words: string, env: Env = {}) =>
    runCommand(words === "" ? [] : words.split(" "), env).pipe(
      Effect.timeoutTo({
        duration: "30 seconds",
        onSuccess: (ended) => ended,
        onTimeout: () => ({ code: "none: it went on", stdout: "", stderr: "" })
      }),
      Effect.map(({ code, stderr, stdout }) => {
        const command = [...Object.entries(env).map(([name, value]) => `${name}=${value}`), "mcp-kraken", words].join(
          " "
        )
        const part = `$ ${command.trim()}\n${block("stdout", stdout)}${block("stderr", stderr)}exit code ${code}\n`
        return { part, stdout }
      })
    )
  return {
    folder,
    serve,
    hide: (value: string, word: string) => void made.set(value, word),
    /** Runs a command, adds it to the transcript, and returns its output. */
    run: (words: string, env?: Env) =>
      Effect.map(run(words, env), ({ part, stdout }) => {
        parts.push(part)
        return stdout
      }),
    /** Runs commands that are independent of each other. */
    runAll: (commands: ReadonlyArray<readonly [words: string, env?: Env]>) =>
      Effect.map(
        Effect.forEach(commands, ([words, env]) => run(words, env)),
        (ended) => void parts.push(...ended.map(({ part }) => part))
      ),
    transcript: () =>
      [...made]
        .reduce((text, [value, word]) => text.replaceAll(value, word), parts.join("\n"))
        .replaceAll(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z/g, "YYYY-MM-DDThh:mm:ssZ")
        .replaceAll(/\d{8}T\d{6}Z/g, "YYYYMMDDThhmmssZ")
        // On a slow machine only.
        .replaceAll(/^Still checking: .*\n/gm, "")
        .replaceAll(/^(mcp-kraken )?\d+\.\d+\.\d+\S*$/gm, "$1<version>")
        .replaceAll(/node \S*main\.mjs/g, "mcp-kraken")
  }
})

type Session = Effect.Effect.Success<typeof makeSession>

const pinned = <E>(file: string, story: (session: Session) => Effect.Effect<unknown, E, Scope.Scope>) =>
  Effect.gen(function* () {
    const session = yield* makeSession
    yield* story(session)
    yield* Effect.promise(() => expect(session.transcript()).toMatchFileSnapshot(`cli/${file}.txt`))
  })

const commands = [
  "",
  "setup",
  "serve",
  "call",
  "tools",
  "panic",
  "resume",
  "token",
  "token create",
  "token list",
  "token show",
  "token update",
  "token rotate",
  "token freeze",
  "token unfreeze",
  "token revoke",
  "operator",
  "operator init",
  "operator change",
  "audit",
  "audit list",
  "audit show",
  "audit export",
  "audit verify",
  "audit prune",
  "audit resolve",
  "state",
  "state backup",
  "state restore",
  "state rekey",
  "state export",
  "state import",
  "paper",
  "paper show",
  "paper deposit",
  "paper reset",
  "doctor",
  "health",
  "exchange",
  "migrate",
  "migrate check"
]

describe("what the command line prints", () => {
  it.scopedLive("help", () =>
    pinned("help", ({ runAll }) => runAll(commands.map((command) => [`${command} --help`.trim()])))
  )

  it.scopedLive("version", () => pinned("version", ({ runAll }) => runAll([["version"], ["--version"]])))

  it.scopedLive("usage that is wrong", () =>
    pinned("usage", ({ runAll }) =>
      runAll(
        [
          "unknown",
          "token unknown",
          "token create",
          "token create one two",
          "token create one --unknown",
          "token create one --expires-in",
          "token create one --expires-in soon",
          "token create one --budget -5USD",
          "token create one --access trade",
          "token create one --passphrase-fd secret",
          "token update one",
          "token update one --max 5USD/day --revision last",
          "token revoke",
          "audit show",
          "audit show first",
          "audit list --limit 0",
          "audit list --state lost",
          "audit export",
          "audit verify --receipt 42",
          "audit prune --before yesterday",
          "audit prune --before 9999-01-01",
          "audit resolve 3",
          "state backup",
          "state rekey one two",
          "call",
          "call get_tickr",
          "call get_ticker [1]",
          'call get_ticker {"pear":1}',
          "call get_ticker {} --json {}",
          "call get_ticker --tabel",
          "tools get_tickr",
          "panic --scope mine",
          "panic now",
          "serve here",
          "serve --port",
          "serve --stdio --first-token",
          "paper deposit USD",
          "paper show --market moon",
          "exchange --port many",
          "exchange --fault AddOrder",
          "version 1"
        ].map((words) => [words])
      )
    )
  )

  it.scopedLive("settings that are wrong", () =>
    pinned("settings", ({ folder, run, runAll }) =>
      Effect.gen(function* () {
        const cases: ReadonlyArray<Env> = [
          {
            MCP_KRAKEN_PORT: "many",
            MCP_KRAKEN_PATH: "mcp",
            MCP_KRAKEN_TIER: "gold",
            MCP_KRAKEN_HTTP_TIMEOUT: "0",
            MCP_KRAKEN_ORDER_DEADLINE: "61",
            MCP_KRAKEN_READ_ONLY: "yes please",
            MCP_KRAKEN_TOOLSETS: "market,moon",
            MCP_KRAKEN_LOG_LEVEL: "loud",
            MCP_KRAKEN_LOG_FORMAT: "xml",
            MCP_KRAKEN_PAPER_BALANCES: "USD=-1"
          },
          { MCP_KRAKEN_REED_ONLY: "true", MCP_KRAKEN_NOTHING: "1" },
          { KRAKEN_API_KEY: "key" },
          { KRAKEN_API_SECRET: "c2VjcmV0" },
          { KRAKEN_API_KEY: "key", KRAKEN_API_SECRET: "hush!" },
          { KRAKEN_API_KEY_FILE: join(folder, "missing"), KRAKEN_API_SECRET: "c2VjcmV0" },
          { KRAKEN_BASE_URL: "http://example.com" },
          { MCP_KRAKEN_MODE: "live" },
          { MCP_KRAKEN_MODE: "moon" },
          { MCP_KRAKEN_SSL_KEYFILE: "key.pem" }
        ]
        yield* runAll([
          ...cases.map((env) => ["serve", env] as const),
          ["serve --paper", { MCP_KRAKEN_MODE: "live" }],
          ["serve --port 70000"]
        ])
        writeFileSync(join(folder, ".env"), "MCP_KRAKEN_TIER=gold\nexport MCP_KRAKEN_PORT='x'\nnonsense\n")
        yield* run("token list")
        writeFileSync(join(folder, ".env"), Buffer.from([0xff, 0xfe, 0x41]))
        yield* run("token list")
      })
    )
  )

  it.scopedLive("tokens", () =>
    pinned("token", ({ hide, run }) =>
      Effect.gen(function* () {
        /** Creates a token, and replaces its id and secret in the transcript. */
        const create = Effect.fnUntraced(function* (words: string, word: string, env?: Env) {
          const stdout = yield* run(`token create ${words}`, env)
          const id = /\b[0-9a-f]{12}\b/.exec(stdout)?.[0] ?? ""
          hide(id, word.repeat(12))
          hide(/mck_[\w-]{43}/.exec(stdout)?.[0] ?? "", `<token ${word}>`)
          return id
        })
        yield* run("token list")
        yield* run("token list --json")
        const desk = yield* create("desk", "1")
        yield* create("trial --paper", "2")
        yield* create("trial", "3", { MCP_KRAKEN_MODE: "paper" })
        yield* create("short --expires-in 90d --json", "4")
        yield* run("token list")
        yield* run(`token revoke ${desk}`)
        yield* run(`token revoke ${desk}`)
        yield* run("token revoke unknown")
        yield* run("token list")
        yield* run("token list --all --json")
      })
    )
  )

  it.scopedLive("tokens with limits", () =>
    pinned("limits", ({ folder, hide, run }) =>
      Effect.gen(function* () {
        const env = { MCP_KRAKEN_STATE_DIR: join(folder, "state"), KRAKEN_BASE_URL: "http://127.0.0.1:1" }
        let receipts = 0
        /** Runs a command, and replaces its receipt in the transcript. */
        const tell = Effect.fnUntraced(function* (words: string) {
          const stdout = yield* run(`token ${words}`, env)
          const receipt = /\b\d+:[0-9a-f]{16}\b/.exec(stdout)?.[0]
          if (receipt !== undefined) hide(receipt, `<receipt ${++receipts}>`)
          return stdout
        })
        const create = Effect.fnUntraced(function* (words: string, word: string) {
          const stdout = yield* tell(words)
          hide(/mck_[\w-]{43}/.exec(stdout)?.[0] ?? "", `<token ${word}>`)
          const id = /^ {2}id +([0-9a-f]{12})$/m.exec(stdout)?.[1] ?? ""
          hide(id, word.repeat(12))
          return id
        })
        const agent = yield* create("create agent --budget 500USD", "1")
        yield* tell(`show ${agent}`)
        yield* tell(`update ${agent} --max 50USD/order --pairs BTC/USD,ETH/*`)
        yield* tell(`update ${agent} --max 60USD/order --revision 1`)
        yield* tell(`freeze ${agent} --reason odd`)
        yield* tell(`freeze ${agent}`)
        const next = yield* create(`rotate ${agent}`, "2")
        yield* tell("list")
        yield* tell(`unfreeze ${next}`)
        yield* tell(`unfreeze ${next}`)
        yield* tell(`update ${next} --remove-limits`)
        yield* tell(`update ${next} --remove-limits`)
        yield* tell("freeze local")
        yield* tell("rotate unknown")
        yield* run("operator change", env)
        yield* run("operator init", env)
        yield* tell(`update ${next} --revision 9 --max-open 5`)
      })
    )
  )

  it.scopedLive("setup", () =>
    pinned("setup", ({ folder, hide, run }) =>
      Effect.gen(function* () {
        const env = { KRAKEN_BASE_URL: "http://127.0.0.1:1" }
        hide(process.execPath, "<node>")
        hide(`"${realpathSync(bundle())}"`, '"<program>"')
        hide(` ${realpathSync(bundle())} `, " <program> ")
        yield* run("setup", env)
        mkdirSync(join(folder, ".cursor"))
        mkdirSync(join(folder, ".codex"))
        yield* run("setup", env)
        yield* run("setup --client cursor", env)
        yield* run("setup --client claude-code --live", env)
        yield* run("setup --client codex --http http://localhost:8765/mcp", env)
        yield* run("setup --client claude-desktop --http http://localhost:8765/mcp", env)
        yield* run("setup --client kursor", env)
        yield* run("setup --paper --live", env)
        yield* run("setup --budget 5USD", env)
        yield* run("setup --http localhost", env)
        const written = yield* run("setup --write --market synthetic", env)
        hide(/mcp-kraken (\S+) offers/.exec(written)?.[1] ?? "", "<version>")
        hide(/\d+ tools/.exec(written)?.[0] ?? "", "<n> tools")
        yield* run("setup --write --market synthetic", env)
        writeFileSync(join(folder, ".cursor", "mcp.json"), "{ nonsense")
        yield* run("setup --client cursor --write --market synthetic", env)
        yield* run("setup --client cursor --write --live", env)
        yield* run("setup --client cursor --write --live", env)
        yield* run("setup --client gemini-cli --write --http http://127.0.0.1:1/mcp", env)
      })
    )
  )

  it.scopedLive("moving from the Python server", () =>
    pinned("migrate", ({ folder, hide, run }) =>
      Effect.gen(function* () {
        yield* run("migrate check")
        mkdirSync(join(folder, "data"))
        copyFileSync(join(import.meta.dirname, "state", "1", "tokens-python.db"), join(folder, "data", "tokens.db"))
        const settings = [
          "KRAKEN_API_KEY=key",
          `KRAKEN_API_SECRET=${Buffer.alloc(64).toString("base64")}`,
          "MCP_KRAKEN_PORT=8765",
          "MCP_KRAKEN_API=spot",
          "KRAKEN_FUTURES_API_KEY=key"
        ]
        const file = join(folder, ".env")
        writeFileSync(file, `${settings.join("\n")}\n`, { mode: 0o600 })
        yield* run("migrate check")
        const wrong = ["MCP_KRAKEN_API=futures", "MCP_KRAKEN_REED_ONLY=true", "MCP_KRAKEN_TOKEN_DB=${HOME}/tokens.db"]
        writeFileSync(file, `${wrong.join("\n")}\n`)
        yield* run("migrate check")
        hide(JSON.parse(yield* run("migrate check --json")).version, "<version>")
      })
    )
  )

  it.scopedLive("the record", () =>
    pinned("record", ({ folder, hide, run, runAll }) =>
      Effect.gen(function* () {
        const env = { MCP_KRAKEN_STATE_DIR: join(folder, "state") }
        const words = [
          "list",
          "list --json",
          "show 1",
          "verify",
          "verify --receipt 1:0123456789abcdef",
          "export --jsonl"
        ]
        yield* runAll([...words, "resolve 1 --not"].map((words) => [`audit ${words}`, env]))
        yield* run("state backup copy", env)
        yield* record(env.MCP_KRAKEN_STATE_DIR)
        yield* runAll([...words, "show 5 --json", "verify --json"].map((words) => [`audit ${words}`, env]))
        yield* run("state backup copy", env)
        const resolved = yield* run("audit resolve 3 --not", env)
        hide(/6:[0-9a-f]{16}/.exec(resolved)?.[0] ?? "", "<receipt 6>")
        yield* run("audit resolve 3 --not", env)
        yield* run("state restore copy", env)
        yield* run("state rekey old-public-key new-public-key", env)
        const elsewhere = { MCP_KRAKEN_STATE_DIR: `${env.MCP_KRAKEN_STATE_DIR}-2` }
        yield* run("state export moved", elsewhere)
        yield* run("state export moved", env)
        yield* run("state export moved", env)
        yield* run("state import moved", elsewhere)
        yield* run("state import moved", elsewhere)
        yield* run("state import .", elsewhere)
      })
    )
  )

  it.scopedLive("a database that can't be used", () =>
    pinned("database", ({ folder, run }) =>
      Effect.gen(function* () {
        const file = join(folder, "notes.txt")
        writeFileSync(file, "Not a database, but long enough to have the header of one, had it one.\n".repeat(20))
        yield* run("token list", { MCP_KRAKEN_TOKEN_DB: file })
        yield* run("token list", { MCP_KRAKEN_TOKEN_DB: join(file, "tokens.db") })
        yield* run("paper show", { MCP_KRAKEN_STATE_DIR: file })
      })
    )
  )

  it.scopedLive("paper accounts", () =>
    pinned("paper", ({ folder, run }) =>
      Effect.gen(function* () {
        const env = { MCP_KRAKEN_STATE_DIR: join(folder, "state"), MCP_KRAKEN_PAPER_BALANCES: "USD=100,BTC=1" }
        yield* run("paper show", env)
        // The account on the live market does not change with the clock.
        mkdirSync(join(folder, "state"), { recursive: true })
        copyFileSync(join(import.meta.dirname, "state", "1", "paper.db"), join(folder, "state", "paper.db"))
        yield* run("paper show", env)
        yield* run("paper show --account unknown", env)
        yield* run("paper show --market live", env)
        yield* run("paper show --market live --json", env)
        yield* run("paper deposit USD 12.5 --market live", env)
        yield* run("paper deposit USD 0.00001 --market live", env)
        yield* run("paper deposit FOO 1 --market synthetic --account aabbccddeeff", env)
        yield* run("paper reset", env)
        yield* run("paper reset --market live", env)
        yield* run("paper reset --market live --json", env)
        yield* run("paper show --market live", env)
      })
    )
  )

  it.scopedLive("health", () =>
    pinned("health", ({ hide, run, serve }) =>
      Effect.gen(function* () {
        const port = String(yield* freePort)
        hide(port, "<port>")
        const env = { MCP_KRAKEN_PORT: port, MCP_KRAKEN_HOST: "127.0.0.1" }
        yield* run("health", env)
        const server = yield* serve([], env)
        yield* server.told("mcp-kraken serves")
        yield* run("health", env)
      })
    )
  )

  it.scopedLive("doctor", () =>
    Effect.gen(function* () {
      const home = yield* makeHealthyHome
      yield* pinned("doctor", ({ folder, hide, run }) =>
        Effect.gen(function* () {
          const configure = (changes: Env) =>
            writeFileSync(
              join(folder, ".env"),
              Object.entries({ ...home.env, ...changes })
                .map(([name, value]) => `${name}=${value}\n`)
                .join(""),
              { mode: 0o600 }
            )
          hide(home.state, "<state>")
          hide(home.folder, "<home>")
          hide(`localhost:${home.env.MCP_KRAKEN_PORT}`, "localhost:<port>")
          hide(home.env.KRAKEN_BASE_URL, "<kraken>")
          hide(`this user (${process.getuid?.()})`, "this user (<uid>)")
          hide(home.token.id, "<token>")
          configure({})
          hide(JSON.parse(yield* run("doctor --json")).version, "<version>")
          yield* run("doctor")
          yield* run("doctor --stdio", { KRAKEN_BASE_URL: home.env.KRAKEN_BASE_URL })
          yield* run("doctor --nothing")
          home.key.permissions = [...home.key.permissions, "withdraw-funds"]
          home.key.validUntil = 0
          yield* record(home.state)
          configure({ MCP_KRAKEN_HOST: "0.0.0.0", MCP_KRAKEN_READ_ONLY: "false", MCP_KRAKEN_REED_ONLY: "true" })
          yield* run("doctor")
        })
      )
    })
  )

  it.scopedLive("a port that is taken", () =>
    pinned("taken", ({ hide, run, serve }) =>
      Effect.gen(function* () {
        const port = String(yield* freePort)
        hide(port, "<port>")
        const env = { MCP_KRAKEN_PORT: port, MCP_KRAKEN_HOST: "127.0.0.1", MCP_KRAKEN_LOG_LEVEL: "ERROR" }
        const server = yield* serve([], env)
        yield* server.told("mcp-kraken serves")
        yield* run("serve", env)
        yield* run("serve --ssl-keyfile missing.pem --ssl-certfile missing.pem", env)
      })
    )
  )
})
