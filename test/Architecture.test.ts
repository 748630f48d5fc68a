import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

const src = resolve(import.meta.dirname, "../src")

/** What reaches out of the program: files, sockets, databases, the protocol. */
const machine = [/^node:/, /^@effect\/(cli|experimental|platform|platform-node|sql|sql-sqlite-node)(\/|$)/]
const protocol = /^@modelcontextprotocol\//

interface Room {
  /** Other rooms that it may import. */
  readonly rooms: ReadonlyArray<string>
  /** Packages that it may import; without it, any but the forbidden. */
  readonly packages?: ReadonlyArray<RegExp>
  readonly forbidden?: ReadonlyArray<RegExp>
  /** Files that may import more, and what. */
  readonly exceptions?: Record<string, RegExp>
}

const effect = /^effect(\/|$)/
/** Small libraries that only compute. */
const pure = /^(csv-parse\/sync|fastest-levenshtein|fflate|lossless-json)$/

/** Imports flow one way. A file at the top of src is a room of its own, named without its ending. */
const house: Record<string, Room> = {
  domain: { rooms: [], packages: [effect, pure], exceptions: { "domain/wire/signature.ts": /^node:crypto$/ } },
  services: { rooms: ["domain"], packages: [effect] },
  tools: { rooms: ["services", "domain"], forbidden: [...machine, protocol] },
  exchange: { rooms: ["services", "domain"], forbidden: [...machine, protocol] },
  layers: {
    rooms: ["services", "domain", "exchange", "version"],
    exceptions: { "layers/mcp/handlers/McpServer.ts": /^tools$/, "layers/mcp/handlers/attachments.ts": /^tools$/ }
  },
  cli: { rooms: ["server", "layers", "services", "domain", "exchange", "tools", "version"] },
  server: { rooms: ["layers", "tools", "services", "domain", "exchange", "cli", "version"] },
  version: { rooms: [], packages: [] },
  bin: { rooms: ["Main", "version"], packages: [/^node:/] },
  Main: { rooms: ["server", "cli", "layers", "services", "domain", "exchange", "tools", "version"] }
}

/** What one file imports that it may not. Types of the protocol are free, since nothing of them runs. */
const trespasses = (file: string, source: string) => {
  const own = roomOf(file)
  const room = house[own]
  if (room === undefined) return [`${own} is not a room of the house`]
  return imports(source)
    .filter(({ from, typeOnly }) => {
      const target = from.startsWith(".") ? roomOf(join(dirname(file), from)) : from
      if (room.exceptions?.[file]?.test(target)) return false
      if (from.startsWith(".")) return target !== own && !room.rooms.includes(target)
      if (room.packages) return !room.packages.some((allowed) => allowed.test(from))
      return room.forbidden?.some((forbidden) => forbidden.test(from) && !(typeOnly && forbidden === protocol))
    })
    .map(({ from }) => `${file} imports ${from}`)
}

const roomOf = (file: string) => file.split("/")[0]?.replace(/\.ts$/, "") ?? ""

const forms = [
  /^(?:import|export)(?<type> type)? [\w{*][^"'=()]*? from "(?<from>[^"]+)"/gm,
  /^import "(?<from>[^"]+)"/gm,
  /\bimport\("(?<from>[^"]+)"\)/gm
]

const imports = (source: string) =>
  forms
    .flatMap((form) => Array.from(source.matchAll(form)))
    .map(({ groups }) => ({ from: groups?.["from"] ?? "", typeOnly: groups?.["type"] !== undefined }))

describe("architecture", () => {
  it("imports flow one way, and only the edges reach the machine", () => {
    const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"))
    assert.isAbove(files.length, 20)
    assert.deepStrictEqual(
      files.flatMap((file) => trespasses(file, readFileSync(join(src, file), "utf8"))),
      []
    )
  })

  it.each([
    ["domain/pairs.ts", `import { KrakenClient } from "../services/KrakenClient.ts"`],
    ["domain/pairs.ts", `import { createHmac } from "node:crypto"`],
    ["services/Config.ts", `import * as HttpClient from "@effect/platform/HttpClient"`],
    ["services/Config.ts", `import type { Tool } from "../tools/Tool.ts"`],
    ["tools/Market.ts", `import {\n  ConfigEnv\n} from "../layers/ConfigEnv.ts"`],
    ["tools/Market.ts", `import { McpError } from "@modelcontextprotocol/sdk/types.js"`],
    ["tools/Market.ts", `const load = () => import("node:fs")`],
    ["exchange/Engine.ts", `import * as SqlClient from "@effect/sql/SqlClient"`],
    ["layers/Http.ts", `export * from "../tools/Tool.ts"`],
    ["layers/Http.ts", `import "../Main.ts"`],
    ["helpers/Text.ts", ``]
  ])("%s may not say %s", (file, source) => {
    assert.lengthOf(trespasses(file, source), 1)
  })

  it.each([
    ["domain/wire/signature.ts", `import { createHmac } from "node:crypto"`],
    ["tools/Tool.ts", `import type { Tool } from "@modelcontextprotocol/sdk/types.js"`],
    ["layers/mcp/handlers/McpServer.ts", `import { select } from "../tools/Toolsets.ts"`],
    ["cli/serve.ts", `const load = () => import("../layers/Http.ts")`]
  ])("%s may say %s", (file, source) => {
    assert.deepStrictEqual(trespasses(file, source), [])
  })
})
