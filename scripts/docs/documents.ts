import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { importsGraph, importsTable } from "./architecture.ts"
import { costTable } from "../../evals/report.ts"
import { channelFaultsTable, faultsTable, keysTable } from "./exchange.ts"
import { llmsText } from "./llms.ts"
import { envExample, settingsTable } from "./settings.ts"
import { permissionsTable, toolsTable, toolsetsTable } from "./tools.ts"

interface Document {
  readonly path: string
  /** Generates the new text of the document from its present text. */
  readonly written: (text: string) => string
}

const exchange = (text: string): string => {
  const withFaults = section(section(text, "keys", keysTable()), "faults", faultsTable())
  return section(withFaults, "channel-faults", channelFaultsTable())
}

const architecture = (text: string): string =>
  section(section(text, "imports", importsGraph()), "imports-table", importsTable())

/** The files that are generated from the sources. `npm run docs` writes them; a test compares them. */
export const documents: ReadonlyArray<Document> = [
  { path: ".env.example", written: envExample },
  { path: "README.md", written: (text) => section(text, "toolsets", toolsetsTable()) },
  { path: "docs/architecture.md", written: architecture },
  { path: "docs/exchange.md", written: exchange },
  { path: "docs/performance.md", written: (text) => section(text, "evals", costTable()) },
  { path: "docs/permissions.md", written: (text) => section(text, "permissions", permissionsTable()) },
  { path: "docs/settings.md", written: (text) => section(text, "settings", settingsTable()) },
  { path: "docs/tools.md", written: (text) => section(text, "tools", toolsTable()) },
  { path: "llms.txt", written: llmsText }
]

/** Replaces the text between `<!-- name -->` and `<!-- /name -->`. */
const section = (text: string, name: string, content: string): string => {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [start, end] = [text.indexOf(open), text.indexOf(close)]
  if (start < 0 || end < start) throw new Error(`No place for ${name}: expected ${open} and ${close}`)
  return `${text.slice(0, start + open.length)}\n${content}\n${text.slice(end)}`
}

export const locate = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Reads a file of the repository. Empty if it does not exist yet. */
export const read = (path: string): string => {
  try {
    return readFileSync(locate(path), "utf8")
  } catch {
    return ""
  }
}
