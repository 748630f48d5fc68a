import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { cpus, loadavg } from "node:os"
import process from "node:process"
import { type Table, tables } from "./table.ts"

/** A table as it was measured, with its circumstances. Tables of several runs are kept together. */
interface Result extends Table {
  readonly date: string
  readonly node: string
  readonly machine: string
  /** The most that the machine had to do in the minute before the run and before its end, as Linux counts it. */
  readonly load: number
}

const file = new URL("results.json", import.meta.url)

const begin = "<!-- Written by `npm run bench -- --write`. -->"
const end = "<!-- End of what the script writes. -->"

const [loadBefore = 0] = loadavg()

/** Keeps the tables of this run in results.json, and writes those of all runs into a document, between its two marks. */
export const write = (document: string): void => {
  const before: ReadonlyArray<Result> = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : []
  const [loadAfter = 0] = loadavg()
  const circumstances = {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    node: process.version,
    machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? "an unknown processor"}`,
    load: Math.round(Math.max(loadBefore, loadAfter) * 10) / 10
  }
  const measured = tables.map((table): Result => ({ ...table, ...circumstances }))
  const isOld = (result: Result) => measured.some((newer) => numberOf(newer) === numberOf(result))
  const results = [...before.filter((result) => !isOld(result)), ...measured].toSorted(
    (a, b) => numberOf(a) - numberOf(b)
  )
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
  const text = readFileSync(document, "utf8")
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${document} lacks the marks ${begin} and ${end}`)
  const parts = results.map(markdown).join("\n")
  writeFileSync(document, `${text.slice(0, from)}${begin}\n\n${parts}\n${text.slice(to)}`)
}

const numberOf = ({ title }: Table): number => Number.parseInt(title, 10)

const markdown = ({ date, head, load, machine, node, rows, title }: Result): string => {
  const line = (cells: ReadonlyArray<string>) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`
  const rule = head.map((_, i) => (i === 0 ? "---" : "--:"))
  const [heading = "", ...rest] = title.replace(/^\d+\. /, "").split(": ")
  const more = rest.length === 0 ? "" : `${rest.join(": ")}. `
  return [
    `### ${heading}`,
    "",
    `${more.charAt(0).toUpperCase()}${more.slice(1)}Measured ${date} UTC, Node ${node}, ${machine}, load ${load}.`,
    "",
    line(head),
    line(rule),
    ...rows.map(line),
    ""
  ].join("\n")
}
