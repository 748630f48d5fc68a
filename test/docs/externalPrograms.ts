import { assert } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { parse } from "yaml"
import { headersOf, use } from "./clients.ts"
import { type Command, commandsOf } from "./shell.ts"
import type { Workspace } from "./workspace.ts"

/** Carries out one command of a document, or the part of it that needs no program that is missing here. */
export type Program = (command: Command, workspace: Workspace) => Effect.Effect<unknown, never, Scope.Scope>

/**
 * `claude plugin …`: checks that marketplace and plugin are ours, and that its server works with the default settings.
 */
const plugin = Effect.fnUntraced(function* ([verb, ...words]: ReadonlyArray<string>, workspace: Workspace) {
  const json = (path: string) => JSON.parse(readFileSync(join(workspace.folder, path), "utf8"))
  const market = json(".claude-plugin/marketplace.json")
  if (verb === "marketplace") {
    assert.deepStrictEqual(words, ["add", "/path/to/mcp-kraken"])
    return
  }
  assert.deepStrictEqual([verb, ...words], ["install", `${market.plugins[0].name}@${market.name}`])
  const { userConfig } = json(join(market.plugins[0].source, ".claude-plugin/plugin.json"))
  const { mcpServers } = json(join(market.plugins[0].source, ".mcp.json"))
  const [bound, start, ...args] = mcpServers.kraken.args
  assert.strictEqual(bound, "--max-semi-space-size=4")
  assert.strictEqual(start, "${CLAUDE_PLUGIN_ROOT}/start.mjs")
  assert.isTrue(existsSync(join(workspace.folder, market.plugins[0].source, "start.mjs")))
  // The plugin would contain the build of this workspace.
  const server = { ...mcpServers.kraken, args: [bound, "/path/to/mcp-kraken/dist/main.mjs", ...args] }
  const filled = JSON.stringify(server).replaceAll(/\$\{user_config\.(\w+)\}/g, (_, name: string) =>
    String(userConfig[name].default)
  )
  yield* use(JSON.parse(filled), workspace)
})

/** `claude mcp add`: the SDK's client uses the configuration that it would store. */
const claude: Program = ({ words }, workspace) => {
  if (words[1] === "plugin") return plugin(words.slice(2), workspace)
  if (isLook(words)) return Effect.void
  const dashes = words.indexOf("--")
  const { positionals, values } = parseArgs({
    args: words.slice(1, dashes < 0 ? undefined : dashes),
    allowPositionals: true,
    options: {
      transport: { type: "string", short: "t" },
      scope: { type: "string", short: "s" },
      header: { type: "string", short: "H", multiple: true },
      env: { type: "string", short: "e", multiple: true }
    }
  })
  const [mcp, add, name, url, ...more] = positionals
  assert.deepStrictEqual([mcp, add, name, more], ["mcp", "add", "kraken", []])
  if (url !== undefined) {
    assert.strictEqual(values.transport, "http")
    return use({ url, headers: headersOf(values.header ?? []) }, workspace)
  }
  assert.isAbove(dashes, 0)
  const [command = "", ...args] = words.slice(dashes + 1)
  return use({ command, args, env: pairsOf(values.env ?? []) }, workspace)
}

/** Checks if a command only shows what a client has stored: `claude mcp list`. */
const isLook = ([, mcp, verb, name]: ReadonlyArray<string>) =>
  mcp === "mcp" && (verb === "list" || (verb === "get" && name === "kraken"))

/**
 * Reads the server that a manifest of the plugin starts. The plugin would contain the build of this workspace.
 */
const startedBy = (manifest: string, workspace: Workspace) => {
  assert.isTrue(existsSync(join(workspace.folder, "plugin/start.mjs")))
  const { kraken } = JSON.parse(readFileSync(join(workspace.folder, manifest), "utf8")).mcpServers
  const [bound, start, ...args] = kraken.args
  assert.strictEqual(bound, "--max-semi-space-size=4")
  assert.match(start, /^\$\{\w+\}(?:\/|\$\{\/\})start\.mjs$/)
  return { ...kraken, args: [bound, "/path/to/mcp-kraken/dist/main.mjs", ...args] }
}

/** `codex plugin …`: checks that marketplace and plugin are ours, and that its server works. */
const codexPlugin = (words: ReadonlyArray<string>, workspace: Workspace) => {
  if (words[0] === "marketplace") {
    return Effect.sync(() => assert.deepStrictEqual(words, ["marketplace", "add", "/path/to/mcp-kraken"]))
  }
  const { name, plugins } = JSON.parse(readFileSync(join(workspace.folder, ".agents/plugins/marketplace.json"), "utf8"))
  assert.deepStrictEqual(words, ["add", `${plugins[0].name}@${name}`])
  return use(startedBy(join(plugins[0].source.path, "mcp.json"), workspace), workspace)
}

/** `codex mcp add`: the SDK's client uses the table that it would store. */
const codex: Program = ({ words }, workspace) => {
  if (words[1] === "plugin") return codexPlugin(words.slice(2), workspace)
  if (isLook(words)) return Effect.void
  const dashes = words.indexOf("--")
  const { positionals, values } = parseArgs({
    args: words.slice(1, dashes < 0 ? undefined : dashes),
    allowPositionals: true,
    options: {
      env: { type: "string", multiple: true },
      url: { type: "string" },
      "bearer-token-env-var": { type: "string" }
    }
  })
  assert.deepStrictEqual(positionals, ["mcp", "add", "kraken"])
  const { "bearer-token-env-var": tokenVariable = "", env = [], url } = values
  if (url !== undefined) return use({ url, tokenVariable }, workspace)
  const [command = "", ...args] = words.slice(dashes + 1)
  return use({ command, args, env: pairsOf(env) }, workspace)
}

/** `gemini mcp add`: the SDK's client uses the entry that it would store. */
const gemini: Program = ({ words }, workspace) => {
  if (words[1] === "extensions") {
    assert.deepStrictEqual(words.slice(2), ["install", "/path/to/mcp-kraken/plugin"])
    return use(startedBy("plugin/gemini-extension.json", workspace), workspace)
  }
  if (isLook(words)) return Effect.void
  const name = words.indexOf("kraken")
  const { positionals, values } = parseArgs({
    args: words.slice(1, name),
    allowPositionals: true,
    options: {
      scope: { type: "string" },
      transport: { type: "string" },
      header: { type: "string", multiple: true },
      env: { type: "string", multiple: true }
    }
  })
  assert.deepStrictEqual(positionals, ["mcp", "add"])
  assert.include(["user", "project"], values.scope)
  const [command = "", ...args] = words.slice(name + 1)
  return values.transport === "http"
    ? use({ url: command, headers: headersOf(values.header ?? []) }, workspace)
    : use({ command, args, env: pairsOf(values.env ?? []) }, workspace)
}

const pairsOf = (pairs: ReadonlyArray<string>): Readonly<Record<string, string>> =>
  Object.fromEntries(pairs.map((pair) => pair.split("=", 2)))

/** `code --add-mcp JSON`: the SDK's client uses the JSON. */
const code: Program = ({ words }, workspace) => {
  const [, flag, json = "", ...more] = words
  assert.deepStrictEqual([flag, more], ["--add-mcp", []])
  const { name, ...reach } = JSON.parse(json)
  assert.isString(name)
  return use(reach, workspace)
}

/** The command lines of MCP clients. */
export const clients = { claude, code, codex, gemini }

/**
 * `docker compose`: checks that files and services are ours and that required variables are set. Commands that would
 * run in a container run here.
 */
export const docker =
  (here: Program): Program =>
  (command, workspace) => {
    const [, what, ...words] = command.words
    if (what === "build") return Effect.sync(() => assert.isTrue(existsSync(join(workspace.folder, "Dockerfile"))))
    if (what === "run") return Effect.sync(() => givesToUser(words, workspace))
    assert.strictEqual(what, "compose", command.source)
    const { files, rest } = filesOf(words)
    const texts = (files.length === 0 ? ["compose.yml"] : files).map((file) =>
      readFileSync(join(workspace.folder, file), "utf8")
    )
    const services = Object.assign({}, ...texts.map((text) => parse(text).services)) as Readonly<
      Record<string, Service>
    >
    const [verb = "", ...args] = rest
    const named = args.filter((word) => !word.startsWith("-"))
    switch (verb) {
      case "up":
        checkRequired(texts, command, workspace)
        for (const name of named) assert.property(services, name)
        return Effect.void
      case "down":
      case "logs":
      case "start":
      case "stop":
        for (const name of named) assert.property(services, name)
        return Effect.void
      case "cp": {
        // A copy from a container or into it.
        const [service = "", path = ""] = named.find((word) => word.includes(":"))?.split(":") ?? []
        assert.isTrue(
          services[service]?.volumes.some((volume) => volume.endsWith(`:${path}`)),
          command.source
        )
        return Effect.void
      }
      case "exec": {
        assert.property(services, named[0] ?? "")
        const inside = command.source.slice(command.source.indexOf(` ${named[0]} `) + (named[0]?.length ?? 0) + 2)
        return Effect.forEach(commandsOf(inside), (inner) => here(inner, workspace))
      }
      default:
        return assert.fail(`docker compose ${verb} is not known here`)
    }
  }

/** `docker run … chown`: checks that it gives the image's volume to the image's user. */
const givesToUser = (words: ReadonlyArray<string>, { folder }: Workspace) => {
  const image = readFileSync(join(folder, "Dockerfile"), "utf8")
  const chown = words.slice(words.indexOf("--entrypoint") + 1)
  const [user, volume] = [/^USER (.+)$/m, /^VOLUME (.+)$/m].map((line) => line.exec(image)?.[1])
  assert.deepStrictEqual(chown, ["chown", "mcp-kraken", "-R", user, volume])
}

interface Service {
  readonly volumes: ReadonlyArray<string>
}

const filesOf = (words: ReadonlyArray<string>) => {
  const files: Array<string> = []
  let at = 0
  for (; words[at] === "--file" || words[at] === "-f"; at += 2) files.push(words[at + 1] ?? "")
  return { files, rest: words.slice(at) }
}

/** Asserts that each `${NAME:?…}` is set by the command or in `.env`. */
const checkRequired = (texts: ReadonlyArray<string>, { source, variables }: Command, { folder }: Workspace) => {
  const env = join(folder, ".env")
  const dotenv = existsSync(env) ? readFileSync(env, "utf8") : ""
  for (const [, name = ""] of texts.join("\n").matchAll(/\$\{(\w+):\?/g)) {
    assert.isTrue(name in variables || new RegExp(`^${name}=.`, "m").test(dotenv), `${source} needs ${name}`)
  }
}

/** `mkcert`: openssl makes an untrusted certificate in place of its own. */
export const mkcert =
  (really: Program): Program =>
  (command, workspace) => {
    const { positionals, values } = parseArgs({
      args: command.words.slice(1).map((word) => word.replace(/^-(?=\w{2})/, "--")),
      allowPositionals: true,
      options: { install: { type: "boolean" }, "key-file": { type: "string" }, "cert-file": { type: "string" } }
    })
    const { "cert-file": cert, install, "key-file": key } = values
    if (install === true) return Effect.sync(() => assert.deepStrictEqual(positionals, []))
    assert.include(positionals, "localhost")
    const source = `openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout ${key} -out ${cert}`
    return really({ ...command, source }, workspace)
  }
