import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")

const sources = ["src", "test", "bench", "scripts"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => `${folder}/${file.replaceAll("\\", "/")}`)
    .filter((file) => /\.(ts|mjs)$/.test(file) && !file.includes("node_modules/"))
    .toSorted()
)

/** A docstring at the beginning of a line whose first word makes a clause of it. */
const clause = /^[ \t]*\/\*\*[\s*]*(?<text>(?:What|Where|Whether|How|Which|Who|Whose|When|That|Those)\b[^\n]*)/gm

/** Lists the docstrings of a file that begin with a clause, as `file:line: text`. */
const clausesIn = (file: string, source: string): ReadonlyArray<string> =>
  Array.from(source.matchAll(clause)).map(({ groups, index }) => {
    const text = groups?.["text"] ?? ""
    const line = source.slice(0, source.indexOf(text, index)).split("\n").length
    return `${file}:${line}: ${text}`
  })

describe("docstrings", () => {
  it("begin with a verb or a noun, never with a clause", () => {
    assert.deepStrictEqual(
      sources.flatMap((file) => clausesIn(file, readFileSync(join(root, file), "utf8"))),
      []
    )
  })

  it.each([
    ["/** What it costs. */", 1],
    ["const a = 1\n\n/**\n * Whether it is open.\n */", 4],
    ["  /** That the key may trade. */", 1],
    ["{\n  /** Who has called. */", 2]
  ])("%j is found at line %d", (source, line) => {
    assert.match(clausesIn("file.ts", source).join(), new RegExp(`^file\\.ts:${line}: `))
  })

  it.each([
    "/** Whatever a caller sends. */",
    "/** Reads what it costs. */",
    "/**\n * A cost.\n * What it was is lost.\n */",
    "// What it costs.",
    "const text = '/** What it costs. */'"
  ])("%j is not found", (source) => {
    assert.isEmpty(clausesIn("file.ts", source))
  })
})
