import { assert } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { use } from "./clients.ts"
import { documentedSettings } from "./documentedSettings.ts"
import { clients, docker, mkcert, type Program } from "./externalPrograms.ts"
import { root } from "./markdown.ts"
import { commandsOf } from "./shell.ts"
import type { Workspace } from "./workspace.ts"

/** Runs a command in a shell, unchanged. */
const really: Program = ({ prints, source, variables }, workspace) =>
  Effect.gen(function* () {
    const filled = yield* workspace.fill(source)
    const { code, stderr, stdout } = yield* workspace.run(filled, variables)
    assert.strictEqual(code, 0, `${source}\n${stderr}`)
    if (prints !== undefined) assert.strictEqual(stdout.trim(), yield* workspace.fill(prints))
    return stdout
  })

/** Runs our own command line. A server runs until the next one starts, or until the document ends. */
const ours =
  (args: ReadonlyArray<string>): Program =>
  (command, workspace) =>
    isServer(args)
      ? Effect.flatMap(workspace.fill(command.source), (source) => workspace.start(source))
      : Effect.zipRight(
          args[0] === "paper" ? anAccount(workspace) : Effect.void,
          really(args[0] === "panic" ? onPaper(command) : command, workspace)
        )

/** A panic that has no API key ends with 1, so it is run on the simulated accounts. */
const onPaper = (command: Parameters<Program>[0]) => ({ ...command, source: `MCP_KRAKEN_MODE=paper ${command.source}` })

/** Opens a paper account by the first call of a client. */
const anAccount = (workspace: Workspace) =>
  use({ url: "http://localhost:8765/mcp", headers: { Authorization: "Bearer mck_…" } }, workspace, [
    "get_account_balance"
  ])

const isServer = ([verb, ...flags]: ReadonlyArray<string>) =>
  verb === "exchange" || (verb === "serve" && !flags.includes("--stdio"))

const npm: Program = (command, workspace) => {
  const [, verb = "", script = ""] = command.words
  switch (verb) {
    case "ci":
      return installs
    case "start":
      return Effect.flatMap(workspace.fill(command.source), (source) => workspace.start(source))
    case "test":
      return Effect.sync(() => checkScript(verb))
    case "run":
      return Effect.sync(() => checkScript(script))
    default:
      return assert.fail(`npm ${verb} is not known here`)
  }
}

/** `npm ci`: downloads nothing, but checks that the lock fits the manifest. */
const installs = Effect.sync(() => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const [own] = Object.values<Record<string, unknown>>(
    JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages
  )
  for (const kind of ["dependencies", "devDependencies"]) assert.deepStrictEqual(own?.[kind], manifest[kind])
})

/** Checks that a script exists. A test does not run the checks, tests and benchmarks themselves. */
const checkScript = (name: string) => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  assert.property(scripts, name)
  for (const file of String(scripts[name]).match(/\S+\.(?:ts|mjs)\b/g) ?? []) {
    if (!file.startsWith("dist/")) assert.isTrue(existsSync(join(root, file)), `npm run ${name} runs ${file}`)
  }
}

const npx: Program = (command, workspace) => {
  const words = command.words.slice(1).filter((word) => word !== "-y")
  const [name = "", ...args] = words
  if (name === "@modelcontextprotocol/inspector") {
    // Without --cli it opens a browser and waits.
    if (!args.includes("--cli")) return Effect.void
    const source = command.source.replace(
      /npx (?:-y )?@modelcontextprotocol\/inspector/,
      "node_modules/.bin/mcp-inspector"
    )
    return really({ ...command, source }, workspace)
  }
  return assert.fail(`npx ${name} is not known here`)
}

const copies: Program = (command, workspace) =>
  Effect.tap(really(command, workspace), () =>
    command.words.at(-1) === ".env"
      ? Effect.sync(() => {
          // The values that the document asks the reader to fill in.
          const lines = Object.entries(workspace.credentials()).map(([name, value]) => `${name}=${value}`)
          const file = join(workspace.folder, ".env")
          writeFileSync(file, `${readFileSync(file, "utf8")}${lines.join("\n")}\n`)
        })
      : Effect.void
  )

/** Sets variables for all later commands: settings of the server, and variables in which a client looks for its token. */
export const setVariables = (lines: ReadonlyArray<string>) =>
  Effect.fnUntraced(function* (workspace: Workspace) {
    for (const line of lines) {
      const [name = "", value = ""] = line.split(/=(.*)/)
      if (value !== "mck_…") assert.isTrue(documentedSettings.has(name), `${name} is no setting`)
      const filled = yield* workspace.fill(value)
      workspace.exported[name] =
        filled === "…" ? ({ ...workspace.credentials(), ...workspace.ofAccounts }[name] ?? filled) : filled
    }
  })

/** `git clone` of this project, whose copy the workspace is, and `cd` into it. */
const clones: Program = ({ words }) =>
  Effect.sync(() =>
    assert.deepStrictEqual(
      words,
      words[0] === "cd" ? ["cd", "mcp-kraken"] : ["git", "clone", "https://github.com/OWNER/mcp-kraken.git"]
    )
  )

const setsForAll: Program = ({ words }, workspace) => setVariables(words.slice(1))(workspace)

/** `sqlite3 FILE SQL`: runs the SQL with the server's own SQLite, on a file of the server. */
const sqlite3: Program = ({ source, words }, workspace) =>
  Effect.gen(function* () {
    const [, file = "", sql = "", ...more] = words
    assert.deepStrictEqual(more, [], source)
    yield* workspace.token
    const database = new Database(join(workspace.folder, file), { fileMustExist: true })
    yield* Effect.sync(() => database.exec(sql.replace(/(?<=INTO ')(?=[^/])/, `${workspace.folder}/`)))
    yield* Effect.sync(() => database.close())
    const made = /INTO '(.+)'/.exec(sql)?.[1]
    if (made !== undefined) assert.isTrue(existsSync(join(workspace.folder, made)))
  })

/** `just RECIPE`: runs the commands that `just --dry-run` prints for the recipe. */
const just: Program = (command, workspace) =>
  Effect.gen(function* () {
    const { code, stderr } = yield* workspace.run(command.source.replace(/^just/, "node_modules/.bin/just --dry-run"))
    assert.strictEqual(code, 0, stderr)
    yield* Effect.forEach(commandsOf(stderr), (line) => carryOut(line, workspace), { discard: true })
  })

/** Programs that documents are allowed to name. Another one fails the test until it is added here. */
const programs: Readonly<Record<string, Program>> = {
  ...clients,
  cd: clones,
  chmod: really,
  cp: copies,
  curl: (command, workspace) =>
    really({ ...command, source: command.source.replace(/^curl/, "curl --fail --silent") }, workspace),
  docker: docker((command, workspace) => carryOut(command, workspace)),
  export: setsForAll,
  git: clones,
  just,
  mkcert: mkcert(really),
  mkdir: really,
  "mcp-kraken": (command, workspace) => ours(command.words.slice(1))(command, workspace),
  node: (command, workspace) => {
    const [, script, ...args] = command.words
    assert.strictEqual(script, "dist/main.mjs")
    return ours(args)(command, workspace)
  },
  npm,
  npx,
  sqlite3
}

/** Carries out one command of a document. */
export const carryOut: Program = (command, workspace) => {
  const program = programs[command.words[0] ?? ""]
  return program === undefined
    ? assert.fail(`${command.source}: no test knows this command`)
    : program(command, workspace)
}
