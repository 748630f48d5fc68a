import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../", import.meta.url))

const pagesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(root + folder)
    .filter((name) => name.endsWith(".md"))
    .toSorted()
    .map((name) => `${folder}/${name}`)

/** Pages that are for people who change the program, or that are long and seldom needed. */
const optional = [
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  "docs/architecture.md",
  "docs/releases.md",
  ...pagesIn("docs/decisions")
]

const sections = (): Readonly<Record<string, ReadonlyArray<string>>> => ({
  Docs: ["README.md", ...pagesIn("docs").filter((path) => !optional.includes(path))],
  Clients: pagesIn("docs/clients"),
  Optional: optional.filter((path) => existsSync(root + path))
})

/** Reads the title of a page, and what its first paragraph begins with: one sentence, or more if they are short. */
const entry = (path: string) => {
  const [heading = "", ...paragraphs] = readFileSync(root + path, "utf8")
    .trim()
    .split(/\n{2,}/)
  const prose = paragraphs.find((paragraph) => /^(?!```|\[!)[A-Z*`[]/.test(paragraph)) ?? ""
  const text = prose
    .replaceAll(/\s+/g, " ")
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll("*", "")
  return {
    title: heading.replace(/^# /, ""),
    about: (/^.{50,}?[.!?:](?= |$)/.exec(text)?.[0] ?? text).replace(/[.:]$/, "")
  }
}

const line = (path: string) => {
  const { about, title } = entry(path)
  return `- [${title}](${path}): ${about}`
}

/**
 * Writes `llms.txt`, the list of documents for language models: one line for each page.
 *
 * @see https://llmstxt.org read 2026-11-29
 */
export const llmsText = (): string => {
  const lists = Object.entries(sections()).map(([name, paths]) => `## ${name}\n\n${paths.map(line).join("\n")}\n`)
  return [`# mcp-kraken\n`, `> ${entry("README.md").about}\n`, ...lists].join("\n")
}
