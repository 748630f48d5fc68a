import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import * as Instruments from "../../src/layers/metrics/instruments.ts"
import { withoutEffect } from "../../src/layers/settings/settingDefinitions.ts"
import { names as permissions } from "../../src/domain/keys/permissions.ts"
import { essential } from "../../src/tools/listOrder.ts"
import { type AnyTool, toolsets } from "../../src/tools/toolsets.ts"
import { makeCommandLine } from "../cli/commandLine.ts"
import { documentedSettings } from "./documentedSettings.ts"
import { anchorsOf, blocksOf, documents, proseOf, read, root, spansOf } from "./markdown.ts"

/** Lists what `of` finds in each document, with the document's name. */
const all = (of: (document: string) => ReadonlyArray<string>) =>
  documents.flatMap((document) => of(document).map((text) => ({ document, text })))

const allTools: ReadonlyArray<AnyTool> = Object.values(toolsets).flat()

/** Every name that a model can meet: tools, arguments, fields of answers, and their values. */
const vocabulary = new Set([
  ...(JSON.stringify(allTools.map(({ definition, schemas }) => [definition, schemas])).match(/\w+/g) ?? []),
  ...Object.values(permissions).flatMap(({ flag }) => flag ?? [])
])

/** Names that belong to other programs, and fields of the log. */
const foreign = new Set([
  "body_hash",
  "cancel_only",
  "max_connections",
  "npm_config_nodedir",
  "pg_dump",
  "pg_restore",
  "post_only",
  "trace_id",
  "user_config",
  "bearer_token",
  "enabled_tools",
  "http_headers"
])

/** The names of metrics, without the endings that the text for Prometheus adds. */
const metrics = Object.values(Instruments).map(({ name }) => name.replaceAll(".", "_"))

const isMetric = (text: string): boolean =>
  metrics.includes(text.replace(/_total$/, "").replace(/_(?:seconds|bytes)$/, ""))

describe("what the documents name is there", () => {
  it("links lead somewhere", () => {
    const broken = documents.flatMap((document) =>
      [...proseOf(document).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].flatMap(
        ([link, path = "", anchor]) => {
          const target = path === "" ? document : relative(root, join(root, dirname(document), path))
          if (!existsSync(join(root, target))) return [`${document}: ${link}`]
          return anchor === undefined || anchorsOf(target).has(anchor) ? [] : [`${document}: ${link}`]
        }
      )
    )
    assert.deepStrictEqual(broken, [])
  })

  it("llms.txt lists every page once, with a line on it", () => {
    const entries = [...read("llms.txt").matchAll(/^- \[(?<title>[^\]]+)\]\((?<path>[^)]+)\): (?<about>.+)$/gm)]
    assert.sameMembers(
      entries.map(({ groups }) => groups?.["path"]),
      [...documents]
    )
    for (const [entry, , , about = ""] of entries) assert.isAbove(about.split(" ").length, 3, entry)
  })

  it("settings", () => {
    const known = new Set([...documentedSettings, ...Object.keys(withoutEffect)])
    const named = all((document) => read(document).match(/\b(?:MCP_)?KRAKEN_[A-Z]\w*[A-Z]\b/g) ?? [])
    assert.isAbove(named.length, 40)
    assert.deepStrictEqual(
      named.filter(({ text }) => !known.has(text)),
      []
    )
  })

  it("tools, arguments and fields", () => {
    const named = all(spansOf).filter(({ text }) => /^[a-z]+(_[a-z0-9]+)+$/.test(text))
    assert.isAbove(named.length, 40)
    assert.deepStrictEqual(
      named.filter(({ text }) => !vocabulary.has(text) && !foreign.has(text) && !isMetric(text)),
      []
    )
  })

  it("numbers of tools", () => {
    const count = (isOffered: (tool: AnyTool, toolset: string) => boolean) =>
      Object.entries(toolsets).flatMap(([toolset, tools]) => tools.filter((tool) => isOffered(tool, toolset))).length
    const some = (names: string) => count((_, toolset) => names.split(",").includes(toolset))
    const counted = {
      "MCP_KRAKEN_TOOLSETS=all": allTools.length,
      "MCP_KRAKEN_READ_ONLY=true": count(({ mayRead }) => mayRead),
      "MCP_KRAKEN_TOOLSETS=market,account,portfolio,trading": some("general,market,account,portfolio,trading"),
      "MCP_KRAKEN_TOOLSETS=market,portfolio": some("general,market,portfolio"),
      "MCP_KRAKEN_TOOLSETS=essential": essential.length
    }
    const rows = [...read("docs/clients/README.md").matchAll(/^\| `(MCP_KRAKEN_\S+)` \| (\d+) \|$/gm)]
    assert.deepStrictEqual(Object.fromEntries(rows.map(([, setting = "", tools]) => [setting, Number(tools)])), counted)
    // The numbers of other pages are these, or limits of clients.
    const told = documents
      .filter((document) => document.startsWith("docs/clients/"))
      .flatMap((document) => [...read(document).matchAll(/\b(\d+) tools\b/g)].map(([, tools]) => Number(tools)))
    assert.includeMembers([...Object.values(counted), 40, 80, 100, 128], [...new Set(told)])
  })

  it.scopedLive("commands and flags of the command line", () =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      const named = all(spansOf)
        .filter(({ text }) => /^mcp-kraken [a-z-]/.test(text))
        .map((span) => {
          const words = span.text.split(" ").slice(1)
          const end = words.findIndex((word) => !/^[a-z]+$/.test(word))
          const path = end < 0 ? words : words.slice(0, end)
          return { ...span, command: path.join(" "), flags: words.filter((word) => word.startsWith("--")) }
        })
      assert.isAbove(named.length, 5)
      const help = new Map<string, string>()
      for (const command of new Set(named.map(({ command }) => command))) {
        const words = command === "" ? [] : command.split(" ")
        help.set(command, (yield* run([...words, "--help"])).stdout)
      }
      const wrong = named.filter(({ command, flags }) => {
        const told = help.get(command) ?? ""
        return (
          !told.includes(`mcp-kraken ${command}`) || flags.some((flag) => !globals.has(flag) && !told.includes(flag))
        )
      })
      assert.deepStrictEqual(wrong, [])
    })
  )

  it("scripts of npm", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    const named = all(spansOf).flatMap(({ text }) => /^npm run (\S+)/.exec(text)?.[1] ?? [])
    for (const name of named) assert.property(scripts, name)
  })

  it("drawings hold no semicolon where it would end a line of them", () => {
    const sequences = documents
      .flatMap(blocksOf)
      .filter(({ language, text }) => language === "mermaid" && text.startsWith("sequenceDiagram"))
    assert.isAbove(sequences.length, 0)
    for (const { text } of sequences) assert.notInclude(text, ";")
  })
})

/** Options of every command, which no command's help repeats. */
const globals = new Set(["--completions", "--help"])
