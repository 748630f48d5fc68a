import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as needs from "../../src/layers/settings/needs.ts"
import { type Field, settings } from "../../src/layers/settings/settingDefinitions.ts"
import { makeCommandLine } from "./commandLine.ts"

describe("mcp-kraken", () => {
  it.scopedLive("prints help without a command, and for every command with --help", () =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      const help = yield* run([])
      assert.deepStrictEqual(yield* run(["--help"]), help)
      assert.deepInclude(help, { code: 0, stderr: "" })
      assert.deepStrictEqual(help.stdout.match(/^[A-Z]+$/gm)?.slice(), ["USAGE", "DESCRIPTION", "COMMANDS"])
      assert.isBelow(Math.max(...help.stdout.split("\n").map(({ length }) => length)), 100)
      for (const command of ["serve", "token", "token create", "token list", "token revoke", "health", "version"]) {
        assert.match(help.stdout, new RegExp(`^  ${command} .*\\w$`, "m"))
        const { code, stdout } = yield* run([...command.split(" "), "--help"])
        assert.include(stdout, `\nUSAGE\n  mcp-kraken ${command}`)
        assert.strictEqual(code, 0)
      }
    })
  )

  it.scopedLive.each([
    "unknown",
    "--unknown",
    "token unknown",
    "token create",
    "token create _",
    "token create one two",
    "token create one --unknown",
    "token create one --expires-in=",
    "token revoke",
    "serve here",
    "serve --port",
    "health now",
    "version 1"
  ])("%s is told once on stderr", (words) =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      const { code, stderr, stdout } = yield* run(words.split(" ").map((word) => (word === "_" ? " " : word)))
      assert.strictEqual(stdout, "")
      assert.match(stderr, /^[^\n]+\n$/)
      assert.notInclude(stderr, "\u001b")
      assert.strictEqual(code, 2)
    })
  )

  it.scopedLive("reads settings only for commands that need them, and reports all their errors", () =>
    Effect.gen(function* () {
      const { folder, run } = yield* makeCommandLine
      writeFileSync(join(folder, ".env"), "MCP_KRAKEN_TIER=gold\n")
      const wrong = { MCP_KRAKEN_PORT: "many", MCP_KRAKEN_REED_ONLY: "true", KRAKEN_API_SECRET: "hush!" }
      for (const args of [["serve"], ["serve", "--port", "1"]]) {
        const { code, stderr, stdout } = yield* run(args, wrong)
        assert.strictEqual(stdout, "")
        const lines = stderr.split("\n").map((line) => line.trim().replace(/:.*/, ""))
        assert.deepStrictEqual(lines.slice(1), [
          "KRAKEN_API_SECRET",
          ...(args.length === 1 ? ["MCP_KRAKEN_PORT"] : []),
          "MCP_KRAKEN_TIER (.env)",
          "KRAKEN_API_KEY",
          "MCP_KRAKEN_REED_ONLY",
          ""
        ])
        assert.notInclude(stderr, "hush")
        assert.strictEqual(code, 2)
      }
      for (const args of [
        ["token", "list"],
        ["version"],
        ["--version"],
        ["version", "--log-level", "none"],
        ["--help"]
      ]) {
        assert.deepInclude(yield* run(args, wrong), { code: 0, stderr: "" })
      }
      // Node 22 and later keep compiled code.
      assert.deepStrictEqual(
        readdirSync(folder).filter((name) => name !== ".cache"),
        [".env"]
      )
    })
  )

  it.scopedLive("runs commands that need none of the invalid settings", () =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      const wrong = (...used: ReadonlyArray<Field>) =>
        Object.fromEntries(
          Object.entries(settings).flatMap(([field, { name }]) =>
            used.includes(field as Field) ? [] : [[name, "/nowhere/in the world"]]
          )
        )
      const tokens = ["tokenDb", "databaseUrl", "databaseUrlFile"] as const
      const token = wrong(...tokens, "mode", "accounts")
      const { id } = JSON.parse((yield* run(["token", "create", "one", "--json"], token)).stdout)
      assert.include((yield* run(["token", "list"], wrong(...tokens))).stdout, id)
      assert.deepInclude(yield* run(["token", "revoke", id], wrong(...tokens)), { code: 0, stderr: "" })
      for (const command of ["show", "deposit USD 1", "reset"]) {
        const { code, stderr } = yield* run(["paper", ...command.split(" ")], wrong("stateDir", "paperBalances"))
        assert.include(stderr, "paper account")
        assert.notInclude(stderr, "MCP_KRAKEN_")
        assert.strictEqual(code, 1)
      }
      const health = yield* run(["health"], {
        ...wrong("host", "port", "sslKeyFile", "sslCertFile"),
        MCP_KRAKEN_PORT: "1"
      })
      assert.include(health.stderr, "http://localhost:1/health ")
      assert.deepInclude(yield* run(["version"], wrong()), { code: 0, stderr: "" })
      const overStdio = yield* run(["serve", "--stdio"], wrong(...needs.overStdio.fields))
      assert.deepInclude(overStdio, { code: 0, stdout: "" })
    })
  )

  it.scopedLive("ends quietly when its output is closed", () =>
    Effect.gen(function* () {
      const { runOpen } = yield* makeCommandLine
      for (const words of ["--version", "version", "--help", "token list", "--completions bash"]) {
        const { code, stderr } = yield* runOpen(words.split(" "), {}, ({ stdout }) => void stdout.destroy())
        assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" }, words)
      }
    })
  )

  it.scopedLive("prints the same version in all ways", () =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      const versions = yield* Effect.forEach([["version"], ["--version"], ["version", "--log-level", "info"]], (args) =>
        run(args)
      )
      assert.strictEqual(new Set(versions.map(({ stdout }) => stdout)).size, 1)
    })
  )

  it.scopedLive("completes commands and flags in a shell", () =>
    Effect.gen(function* () {
      const { folder, run } = yield* makeCommandLine
      const script = join(folder, "completions.bash")
      writeFileSync(script, (yield* run(["--completions", "bash"])).stdout)
      /** Returns the completions of bash at the end of these words. */
      const offers = (...words: ReadonlyArray<string>) =>
        execFileSync(
          "bash",
          [
            "-c",
            'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mcp-kraken_bash_completions "$1"; echo "${COMPREPLY[@]}"',
            script,
            ...words
          ],
          { encoding: "utf8" }
        )
          .trim()
          .split(" ")
      assert.includeMembers(offers("mcp-kraken", ""), ["serve", "token", "health", "version"])
      assert.deepStrictEqual(offers("mcp-kraken", "tok"), ["token"])
      assert.includeMembers(offers("mcp-kraken", "token", ""), ["create", "list", "revoke"])
      assert.includeMembers(offers("mcp-kraken", "token", "create", "--"), ["--expires-in", "--json"])
      assert.includeMembers(offers("mcp-kraken", "serve", "--s"), ["--ssl-keyfile", "--ssl-certfile", "--stdio"])
      assert.deepStrictEqual(offers("mcp-kraken", "call", "add_order_"), ["add_order_batch"])
      assert.includeMembers(offers("mcp-kraken", "call", "get_ticker", "--"), ["--table", "--json"])
      assert.include(offers("mcp-kraken", "tools", "get_tick"), "get_ticker")
      const zsh = (yield* run(["--completions", "zsh"])).stdout
      assert.match(zsh, /^#compdef mcp-kraken/)
      assert.match(zsh, /^ +\(call\)\n.*\n +'1:tool:\([\w ]* get_ticker [\w ]*\)' \\\n +'--completions/m)
      const fish = (yield* run(["--completions", "fish"])).stdout
      assert.match(fish, /^complete -c mcp-kraken/)
      assert.match(fish, /^complete .* call" -f -a "[\w ]* get_ticker /m)
    })
  )
})
