import { assert, describe, it } from "@effect/vitest"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { Effect, Redacted } from "effect"
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { clients } from "../../../src/cli/setup/clients/clients.ts"
import { askAnswers, urlFault } from "../../../src/cli/setup/wizard.ts"
import { bundle } from "../../Bundle.ts"
import { type Asked, QuestionsScripted } from "../../doubles/QuestionsScripted.ts"
import { servedExchange } from "../../exchange/rest/served.ts"
import { freePort } from "../../freePort.ts"
import { connect } from "../../serve/Server.ts"
import { makeCommandLine } from "../commandLine.ts"
import { hasTerminals } from "../onTerminal.ts"

const choices = clients.map((client) => ({ value: client, name: client.title }))

const asking = (answers: ReadonlyArray<string | ReadonlyArray<string>>, exists = false, asked: Array<Asked> = []) =>
  askAnswers(choices, "/home/ann/live.env", () => exists).pipe(
    Effect.map(({ clients, server }) => ({ clients: clients.map(({ id }) => id), server })),
    Effect.provide(QuestionsScripted(answers, asked))
  )

const secret = Buffer.alloc(64).toString("base64")

describe("the questions of setup", () => {
  it.effect("begin with the clients, and offer paper first", () =>
    Effect.gen(function* () {
      const asked: Array<Asked> = []
      assert.deepStrictEqual(yield* asking([["Cursor", "VS Code"], ""], false, asked), {
        clients: ["cursor", "vscode"],
        server: { _tag: "Paper" }
      })
      assert.lengthOf(asked, 2)
      assert.match(asked[1]?.choices[0] ?? "", /paper/)
    })
  )

  it.effect("ask for the API key of a live account, and for the file that keeps it", () =>
    Effect.gen(function* () {
      const { server } = yield* asking([["Cursor"], "My Kraken account, read only", "", "key", secret])
      assert.deepInclude(server, { _tag: "Live", file: "/home/ann/live.env" })
      if (server._tag !== "Live" || server.pasted === undefined) return assert.fail("no key")
      assert.deepStrictEqual(
        [server.pasted.key, server.pasted.secret].map((text) => Redacted.value(text)),
        ["key", secret]
      )
    })
  )

  it.effect("show an address that is not Kraken's before the key is typed, and keep it with the key", () =>
    Effect.gen(function* () {
      const asked: Array<Asked> = []
      const env = { KRAKEN_BASE_URL: "http://127.0.0.1:1" }
      const { server } = yield* askAnswers(choices, "/home/ann/live.env", () => false, env).pipe(
        Effect.provide(QuestionsScripted([["Cursor"], "My Kraken account, read only", "", "key", secret], asked))
      )
      assert.include(asked.find(({ question }) => question.startsWith("API key"))?.question, env.KRAKEN_BASE_URL)
      if (server._tag !== "Live") return assert.fail("not live")
      assert.strictEqual(server.pasted?.baseUrl, env.KRAKEN_BASE_URL)
    })
  )

  it.effect("do not ask for a key again that is in the file", () =>
    Effect.gen(function* () {
      const { server } = yield* asking([["Cursor"], "My Kraken account, read only", "~/mine.env"], true)
      assert.deepStrictEqual(server, { _tag: "Live", file: "~/mine.env" })
    })
  )

  it.effect("ask for the address of a server that runs, and what its tokens open", () =>
    Effect.gen(function* () {
      const { server } = yield* asking([["Cursor"], "A server that runs already", "", ""])
      assert.deepStrictEqual(server, { _tag: "Running", url: "http://localhost:8765/mcp", isLive: false })
    })
  )

  it.effect("end without an answer", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(asking([["Cursor"]])))._tag, "QuestionsEnded")
      const refused = asking([["Cursor"], "My Kraken account, read only", "", "key", "not base64!"])
      assert.strictEqual((yield* Effect.flip(refused))._tag, "QuestionsEnded")
    })
  )

  it.each([
    ["http://localhost:8765/mcp", true],
    ["https://kraken.example/mcp", true],
    ["localhost:8765", false],
    ["ftp://localhost/mcp", false],
    ["http://user@localhost/mcp", false],
    ["http://localhost/mcp?apikey=mck_1", false]
  ])("take an address without secrets: %s", (url, isTaken) => {
    assert.strictEqual(urlFault(url) === undefined, isTaken)
  })
})

/** Runs `setup` on a terminal. Each answer is typed once its question is shown. */
const typing = (
  home: string,
  env: Readonly<Record<string, string>>,
  answers: ReadonlyArray<readonly [question: string, keys: string]>
) =>
  Effect.async<{ readonly code: number | null; readonly shown: string }>((done) => {
    const command = [process.execPath, bundle(), "setup"].map((word) => `'${word}'`).join(" ")
    const child = spawn("/usr/bin/script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      cwd: home,
      env: { SHELL: "/bin/sh", TERM: "xterm", HOME: home, ...env },
      stdio: ["pipe", "pipe", "ignore"]
    })
    const left = [...answers]
    let shown = ""
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      shown += chunk
      const [next] = left
      if (next !== undefined && shown.includes(next[0])) {
        left.shift()
        child.stdin.write(next[1])
      }
    })
    child.once("close", (code) => done(Effect.succeed({ code, shown })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const [down, enter, interrupt] = ["\u001b[B", "\r", "\u0003"]

describe.skipIf(!hasTerminals)("setup on a terminal", () => {
  it.scopedLive("connects a client to a server that runs", () =>
    Effect.gen(function* () {
      const { folder, run, serve } = yield* makeCommandLine
      mkdirSync(join(folder, ".cursor"))
      const port = String(yield* freePort)
      const server = yield* serve(["--host", "127.0.0.1", "--paper", "--market", "synthetic"], {
        MCP_KRAKEN_PORT: port
      })
      yield* server.told("mcp-kraken serves")
      const { code, shown } = yield* typing(folder, { KRAKEN_BASE_URL: "http://127.0.0.1:1" }, [
        ["Which clients", enter],
        ["What should they", down + down + enter],
        ["Address of the server", `\u0015http://127.0.0.1:${port}/mcp${enter}`],
        ["What do the tokens", enter]
      ])
      assert.include(shown, "in paper mode")
      assert.notMatch(shown, /mck_[\w-]{43}/)
      assert.strictEqual(code, 0)
      const { headers } = JSON.parse(readFileSync(join(folder, ".cursor/mcp.json"), "utf8")).mcpServers.kraken
      assert.match(headers.Authorization, /^Bearer mck_/)
      const [token] = JSON.parse((yield* run(["token", "list", "--json"])).stdout)
      assert.deepInclude(token, { name: "cursor", modes: ["paper"] })
      assert.strictEqual(token.mandate.terms.access, "trade")
    })
  )

  const typingKey = (home: string, url: string, { key, secret }: { readonly key: string; readonly secret: string }) =>
    typing(home, { KRAKEN_BASE_URL: url }, [
      ["Which clients", enter],
      ["What should they", down + enter],
      ["File for the API key", enter],
      ["API key at", key + enter],
      ["Private key", secret + enter]
    ])

  it.scopedLive("connects a client to a live account that it only reads", () =>
    Effect.gen(function* () {
      const { keys, url } = yield* servedExchange()
      const { folder } = yield* makeCommandLine
      mkdirSync(join(folder, ".cursor"))
      const key = keys["read-only"] ?? assert.fail("no key")
      const { code, shown } = yield* typingKey(folder, url, key)
      assert.include(shown, "in live mode")
      assert.include(shown, "Kraken accepts the API key read-only")
      assert.notInclude(shown, key.key)
      assert.notInclude(shown, key.secret)
      assert.strictEqual(code, 0)
      const file = join(folder, ".config/mcp-kraken/live.env")
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      const written = readFileSync(join(folder, ".cursor/mcp.json"), "utf8")
      assert.notInclude(written, key.secret)

      // The client starts what is written, and reads the account of the key.
      const { args, command } = JSON.parse(written).mcpServers.kraken
      const client = yield* connect(new StdioClientTransport({ command, args, env: { HOME: folder } }))
      const { tools } = yield* Effect.promise(() => client.listTools())
      assert.notInclude(
        tools.map(({ name }) => name),
        "add_order"
      )
      const { isError, structuredContent } = yield* Effect.promise(() =>
        client.callTool({ name: "get_account_balance", arguments: {} })
      )
      assert.notStrictEqual(isError, true)
      assert.isNotEmpty(Object(structuredContent).balances)
    })
  )

  it.scopedLive("connects no client with a key that Kraken refuses, and names the file to correct", () =>
    Effect.gen(function* () {
      const { url } = yield* servedExchange()
      const { folder } = yield* makeCommandLine
      mkdirSync(join(folder, ".cursor"))
      const { code, shown } = yield* typingKey(folder, url, { key: "unknown", secret })
      assert.include(shown, "KrakenAuthError")
      assert.include(shown, join(folder, ".config/mcp-kraken/live.env"))
      assert.strictEqual(code, 1)
      assert.isFalse(existsSync(join(folder, ".cursor/mcp.json")))
    })
  )

  it.scopedLive("changes nothing if it is ended by Ctrl-C", () =>
    Effect.gen(function* () {
      const { folder } = yield* makeCommandLine
      mkdirSync(join(folder, ".cursor"))
      writeFileSync(join(folder, ".cursor/mcp.json"), "{}")
      const { code } = yield* typing(folder, {}, [
        ["Which clients", enter],
        ["What should they", interrupt]
      ])
      assert.strictEqual(code, 1)
      assert.strictEqual(readFileSync(join(folder, ".cursor/mcp.json"), "utf8"), "{}")
    })
  )
})
