#!/usr/bin/env node
// Does what a newcomer does with a published release, on a machine that has nothing of it: installs the package with
// npm, reads its licences, serves a simulated account, and connects a client over HTTP and over stdio. With a repository
// also checks and starts the downloads of its release, and the image where there is Docker. With Node older than 22.14 npm
// fetches or compiles the native module, for which a newcomer needs the network or a compiler.
//
//   node scripts/newcomer.mjs VERSION [--repository OWNER/NAME]
//   node scripts/newcomer.mjs --dry-run     publishes this folder to a registry on this machine, and goes on from there
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import assert from "node:assert/strict"
import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { env, execPath, platform } from "node:process"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { stamp } from "./stamp.mjs"
import { callOverStdio, isForHere, tryBundle, tryPlugin } from "./try-bundle.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const isWindows = platform === "win32"

/** Runs a program that has to succeed, and returns what it printed. */
const must = (command, args, options = {}) => {
  const { error, status, stderr, stdout } = spawnSync(command, args, {
    encoding: "utf8",
    shell: isWindows,
    maxBuffer: 2 ** 26,
    ...options
  })
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}${error ?? ""}`)
  return stdout.trim()
}

const freePort = async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address()
  server.close()
  await once(server, "close")
  return port
}

const done = (what) => console.log(`passed: ${what}`)

/** The environment of a person who has Node and nothing else: no npm settings, no cache, no file of a home. */
const cleanEnvironment = (home, registry) => ({
  ...Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^(?:npm_|NPM_|MCP_KRAKEN_|KRAKEN_|NODE_AUTH_TOKEN|GITHUB_|GH_)/i.test(name)
    )
  ),
  // npm runs with the Node of this program.
  PATH: `${dirname(execPath)}${delimiter}${env.PATH}`,
  HOME: home,
  USERPROFILE: home,
  npm_config_cache: join(home, "cache"),
  npm_config_userconfig: join(home, ".npmrc"),
  npm_config_fund: "false",
  npm_config_audit: "false",
  npm_config_update_notifier: "false",
  ...(registry !== undefined && { npm_config_registry: registry })
})

const tryPackage = async (version, registry) => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "mcp-kraken-newcomer-")))
  const variables = cleanEnvironment(home, registry)
  const app = join(home, "app")
  mkdirSync(app)
  const options = { cwd: app, env: variables }
  try {
    must("npm", ["init", "--yes"], options)
    must("npm", ["install", `mcp-kraken@${version}`], options)
    const installed = join(app, "node_modules/mcp-kraken")
    assert.equal(must("npx", ["--no-install", "mcp-kraken", "version"], options), version)
    done(`npm install mcp-kraken@${version}, and its version`)

    const notice = readFileSync(join(installed, "dist/third-party-licenses.txt"), "utf8")
    const bill = JSON.parse(readFileSync(join(installed, "dist/sbom.cdx.json"), "utf8"))
    assert.equal(bill.metadata.component.version, version)
    for (const { name, version } of bill.components) assert.ok(notice.includes(`\n${name} ${version} (`), name)
    done(`the licences of ${bill.components.length} packages in it, and its bill of materials`)

    const entry = join(installed, "dist/main.mjs")
    assert.equal(await callOverStdio(execPath, [entry, "serve", "--stdio", "--paper"], {}, home), version)
    done("a client over stdio")

    await tryOverHttp(entry, home, variables)
    done("a token, and a client over HTTP")

    if (registry === undefined) {
      must("npm", ["audit", "signatures"], options)
      done("signatures and provenance")
    }
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 10 })
  }
}

const tryOverHttp = async (entry, home, variables) => {
  const port = await freePort()
  const settings = {
    ...variables,
    MCP_KRAKEN_STATE_DIR: join(home, "served"),
    MCP_KRAKEN_TOKEN_DB: join(home, "served", "tokens.db"),
    MCP_KRAKEN_MODE: "paper",
    MCP_KRAKEN_PAPER_MARKET: "synthetic",
    MCP_KRAKEN_PORT: String(port)
  }
  const created = spawnSync(execPath, [entry, "token", "create", "newcomer", "--json"], {
    env: settings,
    encoding: "utf8"
  })
  const { token } = JSON.parse(created.stdout)
  const server = spawn(execPath, [entry, "serve", "--host", "localhost"], { env: settings, stdio: "inherit" })
  const ended = once(server, "exit")
  try {
    for (let i = 0; i < 240; i++) {
      if (
        await fetch(`http://localhost:${port}/health`).then(
          ({ ok }) => ok,
          () => false
        )
      )
        break
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
    const client = new Client({ name: "newcomer", version: "1" })
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`http://localhost:${port}/mcp`), {
        requestInit: { headers: { authorization: `Bearer ${token}` } }
      })
    )
    const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", price: "1000", volume: "0.001" }
    const { isError, structuredContent } = await client.callTool({ name: "add_order", arguments: order })
    assert.ok(!isError && structuredContent.txid.length === 1)
    await client.close()
  } finally {
    server.kill("SIGTERM")
    const [code] = await ended
    // Windows has no signals: there it is ended from outside.
    if (!isWindows) assert.equal(code, 0)
  }
}

/** Downloads what a release has, compares it with its list of hashes, and starts what is for this kind of machine. */
const tryDownloads = async (version, repository) => {
  const folder = mkdtempSync(join(tmpdir(), "mcp-kraken-release-"))
  const download = async (name) => {
    const answer = await fetch(`https://github.com/${repository}/releases/download/v${version}/${name}`)
    if (!answer.ok) throw new Error(`${name} is not there: ${answer.status}`)
    return Buffer.from(await answer.arrayBuffer())
  }
  try {
    const sums = String(await download("SHA256SUMS"))
      .trim()
      .split("\n")
    for (const line of sums) {
      const [sum, name] = line.split("  ")
      const bytes = await download(name)
      assert.equal(createHash("sha256").update(bytes).digest("hex"), sum, name)
      writeFileSync(join(folder, name), bytes)
    }
    done(`the hashes of ${sums.length} downloads`)
    for (const name of readdirSync(folder).filter(isForHere)) {
      const file = join(folder, name)
      assert.equal(await (name.endsWith(".zip") ? tryPlugin(file) : tryBundle(file)), version)
      done(name)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

const tryImage = (version, repository) => {
  if (spawnSync("docker", ["info"], { shell: isWindows }).status !== 0)
    return console.log("not tried: the image, without Docker")
  const image = `ghcr.io/${repository.toLowerCase()}:${version}`
  assert.equal(must("docker", ["run", "--rm", image, "version"]), version)
  done(image)
}

/** Runs a registry on this machine, which passes on what it does not have. */
const withRegistry = async (body) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "mcp-kraken-registry-")))
  const port = await freePort()
  const upstream = must("npm", ["config", "get", "registry"])
  // By npm, and not as a dependency of this project: only this dry run needs it. It names a version of node-fetch by a
  // tag that not every mirror has.
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, overrides: { "node-fetch": "2.7.0" } }))
  must("npm", ["install", "--prefix", folder, "--no-save", "--ignore-scripts", "verdaccio@6"], { cwd: folder })
  const config = {
    storage: join(folder, "storage"),
    auth: { htpasswd: { file: join(folder, "htpasswd") } },
    uplinks: { upstream: { url: upstream } },
    packages: {
      "mcp-kraken": { access: "$all", publish: "$all" },
      "**": { access: "$all", proxy: "upstream" }
    },
    log: { type: "stdout", format: "pretty", level: "warn" }
  }
  const file = join(folder, "config.json")
  writeFileSync(file, JSON.stringify(config))
  const program = join(folder, "node_modules/verdaccio/bin/verdaccio")
  const server = spawn(execPath, [program, "--config", file, "--listen", `127.0.0.1:${port}`], {
    stdio: ["ignore", "ignore", "inherit"]
  })
  const ended = once(server, "exit")
  try {
    const url = `http://127.0.0.1:${port}/`
    for (let i = 0; ; i++) {
      if (
        await fetch(`${url}-/ping`).then(
          ({ ok }) => ok,
          () => false
        )
      )
        break
      if (i === 240) throw new Error("the registry does not answer")
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
    return await body(url, folder)
  } finally {
    server.kill("SIGTERM")
    await ended
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

const dryRun = (version) =>
  withRegistry(async (registry, folder) => {
    // The steps of the job `npm` in .github/workflows/release.yml, in a copy.
    const copy = join(folder, "copy")
    for (const name of ["package.json", "server.json", "README.md", "LICENSE"])
      cpSync(join(root, name), join(copy, name))
    must(execPath, [join(root, "scripts/build.mjs")], {
      cwd: root,
      shell: false,
      env: { ...env, MCP_KRAKEN_VERSION: version }
    })
    cpSync(join(root, "dist"), join(copy, "dist"), { recursive: true })
    const read = (name) => JSON.parse(readFileSync(join(copy, name), "utf8"))
    const { manifest } = stamp(
      { manifest: read("package.json"), server: read("server.json") },
      version,
      "owner/mcp-kraken"
    )
    writeFileSync(join(copy, "package.json"), JSON.stringify(manifest, null, 2))
    const host = registry.replace(/^http:/, "")
    writeFileSync(join(folder, ".npmrc"), `${host}:_authToken=dry-run\n`)
    must("npm", ["publish", "--ignore-scripts", "--tag", "latest", "--registry", registry, "--userconfig", join(folder, ".npmrc")], { cwd: copy }) // prettier-ignore
    done(`npm publish to ${registry}`)
    assert.equal(must("npm", ["view", "mcp-kraken", "dist-tags.latest", "--registry", registry]), version)
    await tryPackage(version, registry)
  })

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { "dry-run": { type: "boolean" }, repository: { type: "string" } }
})
const [version] = positionals
if (values["dry-run"]) await dryRun(version ?? "0.0.1-rc1")
else if (version === undefined) throw new Error("expected VERSION or --dry-run")
else {
  await tryPackage(version)
  if (values.repository !== undefined) {
    await tryDownloads(version, values.repository)
    tryImage(version, values.repository)
  }
}
