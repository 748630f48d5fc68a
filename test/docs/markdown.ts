import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../../", import.meta.url))

/** A fenced code block, with its place in the document. */
interface Block {
  readonly document: string
  /** Number of its first line in the document. */
  readonly line: number
  readonly language: string
  readonly text: string
}

/** The documents, in the order in which a newcomer reads them. */
export const documents: ReadonlyArray<string> = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].filter((path) => existsSync(root + path)),
  ...readdirSync(`${root}docs`, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => `docs/${path.replaceAll("\\", "/")}`)
    .toSorted((one, other) => one.split("/").length - other.split("/").length || (one < other ? -1 : 1))
]

export const read = (document: string): string => readFileSync(root + document, "utf8")

const fence = /^(?<indent> *)```(?<language>\S*)[^\n]*\n(?<text>[\s\S]*?)^\k<indent>```$/gm

export const blocksOf = (document: string): ReadonlyArray<Block> => {
  const source = read(document)
  return [...source.matchAll(fence)].map(({ groups = {}, index }) => ({
    document,
    line: source.slice(0, index).split("\n").length + 1,
    language: groups["language"] ?? "",
    text: (groups["text"] ?? "").replaceAll(new RegExp(`^${groups["indent"] ?? ""}`, "gm"), "")
  }))
}

/** Reads a document without its code blocks: sentences, lists and tables. */
export const proseOf = (document: string): string => read(document).replaceAll(fence, "")

/** Lists the texts in backticks of the prose. Unescapes pipes, which only tables escape. */
export const spansOf = (document: string): ReadonlyArray<string> =>
  [...proseOf(document).matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text.replaceAll("\\|", "|"))

/** Lists the anchors that GitHub gives to headings. */
export const anchorsOf = (document: string): ReadonlySet<string> => {
  const seen = new Map<string, number>()
  return new Set(
    [...proseOf(document).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = ""]) => {
      const anchor = heading
        .toLowerCase()
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(" ", "-")
      const before = seen.get(anchor) ?? 0
      seen.set(anchor, before + 1)
      return before === 0 ? anchor : `${anchor}-${before}`
    })
  )
}
