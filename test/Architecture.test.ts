import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { table } from "./architecture/table.ts"

const src = resolve(import.meta.dirname, "../src")

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts"))
  .toSorted()

const read = (file: string) => readFileSync(join(src, file), "utf8")

/** Names the folder of a file. A file at the top of src counts as a folder, named without its extension. */
const folderOf = (file: string) => (file.includes("/") ? dirname(file) : file.replace(/\.ts$/, ""))

const forms = [
  /^(?:import|export)(?<type> type)? [\w{*][^"'=()]*? from "(?<from>[^"]+)"/gm,
  /^import "(?<from>[^"]+)"/gm,
  /\bimport\("(?<from>[^"]+)"\)/gm
]

const importsOf = (source: string) =>
  forms
    .flatMap((form) => Array.from(source.matchAll(form)))
    .map(({ groups }) => ({ from: groups?.["from"] ?? "", typeOnly: groups?.["type"] !== undefined }))

/** Lists the files of src that a file imports. */
const filesFrom = (file: string, source = read(file)) =>
  importsOf(source).flatMap(({ from }) => (from.startsWith(".") ? [join(dirname(file), from)] : []))

/** Lists the folders that a file imports from and that the table does not allow. */
const trespasses = (file: string, source = read(file)) =>
  filesFrom(file, source)
    .map(folderOf)
    .filter((folder) => folder !== folderOf(file) && !table[folderOf(file)]?.includes(folder))

/** Finds a circle, as the nodes on it. */
const circle = (edges: (node: string) => ReadonlyArray<string>, nodes: ReadonlyArray<string>) => {
  const done = new Set<string>()
  const visit = (node: string, way: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node]
    if (done.has(node)) return undefined
    done.add(node)
    for (const next of edges(node)) {
      const found = visit(next, [...way, node])
      if (found !== undefined) return found
    }
    return undefined
  }
  for (const node of nodes) {
    const found = visit(node, [])
    if (found !== undefined) return found
  }
  return undefined
}

/** Packages for files, sockets, databases and the command line. */
const machine = /^(node:|@effect\/(cli|experimental|platform|platform-node|sql|sql-sqlite-node)(\/|$))/
const protocol = /^@modelcontextprotocol\//
const effect = /^effect(\/|$)/
/** Small libraries without I/O. */
const pure = /^(csv-parse\/sync|fastest-levenshtein|fflate|lossless-json)$/

/** Lists the forbidden package imports of a file. Types of the protocol are allowed, since they vanish at run time. */
const packages = (file: string, source = read(file)) => {
  const top = file.split("/")[0]
  return importsOf(source)
    .filter(({ from }) => !from.startsWith("."))
    .filter(({ from, typeOnly }) => {
      if (file === "domain/wire/signature.ts" && from === "node:crypto") return false
      if (top === "domain") return !effect.test(from) && !pure.test(from)
      if (top === "services") return !effect.test(from)
      if (top === "tools" || top === "exchange")
        return machine.test(from) || (protocol.test(from) && (top === "exchange" || !typeOnly))
      return false
    })
    .map(({ from }) => `${file} imports ${from}`)
}

describe("architecture", () => {
  it("folders import what the table says, all of it and nothing else", () => {
    const used: Record<string, Set<string>> = {}
    for (const file of files) {
      for (const folder of filesFrom(file).map(folderOf)) {
        if (folder !== folderOf(file)) (used[folderOf(file)] ??= new Set()).add(folder)
      }
    }
    const found = Object.fromEntries(Object.entries(used).map(([folder, others]) => [folder, [...others].toSorted()]))
    const allowed = Object.fromEntries(
      Object.entries(table).map(([folder, others]) => [folder, [...others].toSorted()])
    )
    assert.deepStrictEqual(found, allowed)
  })

  it("has no circles between folders, nor between files", () => {
    assert.isUndefined(circle((folder) => table[folder] ?? [], Object.keys(table)))
    assert.isUndefined(circle((file) => filesFrom(file), files))
  })

  it("imports point down: cli, server, layers and tools, services, domain", () => {
    const levels = [["bin"], ["Main"], ["cli"], ["server"], ["layers"], ["tools"], ["exchange", "services"], ["domain"]]
    const level = (folder: string) => levels.findIndex((names) => names.includes(folder.split("/")[0] ?? ""))
    const upward = Object.entries(table).flatMap(([folder, others]) =>
      others
        .filter((other) => other !== "version" && level(other) < level(folder))
        .map((other) => `${folder} → ${other}`)
    )
    assert.deepStrictEqual(upward, [])
    // Only the handlers and the composition root import the tools.
    const knowTools = Object.entries(table).filter(
      ([folder, others]) => !folder.startsWith("tools") && others.some((other) => other.split("/")[0] === "tools")
    )
    assert.sameMembers(
      knowTools.map(([folder]) => folder).filter((folder) => folder !== "server"),
      ["layers/mcp/handlers"]
    )
    // The simulated exchange imports nothing else but the domain.
    assert.isEmpty(
      Object.entries(table).flatMap(([folder, others]) =>
        folder.startsWith("exchange") ? others.filter((other) => !/^(exchange|domain)\//.test(other)) : []
      )
    )
  })

  it("only the edges reach the machine", () => {
    assert.deepStrictEqual(
      files.flatMap((file) => packages(file)),
      []
    )
  })

  it("layers/ holds folders only", () => {
    const loose = readdirSync(join(src, "layers"), { withFileTypes: true }).filter((entry) => entry.isFile())
    assert.deepStrictEqual(loose, [])
  })

  it("nothing tests the name of an endpoint by its beginning or by a pattern", () => {
    const suspicious = /(startsWith\(|\/\^?)["`]?(private|public)(\\?\/)/
    const lines = files
      .filter((file) => !file.startsWith("exchange/rest/"))
      .flatMap((file) =>
        read(file)
          .split("\n")
          .filter((line) => suspicious.test(line) && !/^\s*(\/\/|\*|\/\*\*)/.test(line) && !line.includes("import "))
          .map((line) => `${file}: ${line.trim()}`)
      )
    assert.deepStrictEqual(lines, [])
  })

  it("tools outside kit/ cast nothing", () => {
    const casts = files
      .filter((file) => file.startsWith("tools/") && !file.startsWith("tools/kit/"))
      .flatMap((file) =>
        read(file)
          .split("\n")
          .filter(
            (line) =>
              /[\w)\]}>"'] as (?!const\b)[A-Za-z{(]/.test(line) &&
              !/^\s*(\*|\/\*|\/\/|import |export \*)|[".`].* as .*[".`]/.test(line)
          )
          .map((line) => `${file}: ${line.trim()}`)
      )
    assert.deepStrictEqual(casts, [])
  })

  it("only the writer sends writes to Kraken", () => {
    const senders = files.filter((file) => /\b(kraken|client|krakenClient)\.write\(/i.test(read(file)))
    assert.isNotEmpty(senders)
    assert.deepStrictEqual(
      senders.filter((file) => !file.startsWith("layers/kraken/writes/")),
      []
    )
  })

  it.each([
    ["domain/orders/pairs.ts", `import { KrakenClient } from "../../services/KrakenClient.ts"`],
    ["services/Config.ts", `import type { Tool } from "../tools/kit/Tool.ts"`],
    ["tools/market/Market.ts", `import {\n  ConfigEnv\n} from "../../layers/settings/ConfigEnv.ts"`],
    ["layers/settings/parse.ts", `import { builtIn } from "../../exchange/catalogue/builtIn.ts"`],
    ["layers/http/Http.ts", `import { select } from "../../tools/Toolsets.ts"`],
    ["layers/http/Http.ts", `import "../../Main.ts"`],
    ["helpers/Text.ts", `import { sign } from "../domain/wire/signature.ts"`]
  ])("%s may not say %s", (file, source) => {
    assert.lengthOf(trespasses(file, source), 1)
  })

  it.each([
    ["domain/orders/pairs.ts", `import { createHmac } from "node:crypto"`],
    ["services/Config.ts", `import * as HttpClient from "@effect/platform/HttpClient"`],
    ["tools/market/Market.ts", `import { McpError } from "@modelcontextprotocol/sdk/types.js"`],
    ["tools/market/Market.ts", `const load = () => import("node:fs")`],
    ["exchange/engine/Engine.ts", `import * as SqlClient from "@effect/sql/SqlClient"`]
  ])("%s may not load a package by %s", (file, source) => {
    assert.lengthOf(packages(file, source), 1)
  })
})
