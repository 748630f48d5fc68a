import { table } from "../../test/architecture/table.ts"

/** Names the part of the drawing that a folder belongs to: a folder of `layers/`, or a top folder of `src/`. */
const partOf = (folder: string): string => {
  const [top = "", capability] = folder.split("/")
  if (top === "bin" || top === "Main") return "bin.ts, Main.ts"
  if (top === "version") return "version.ts"
  return top === "layers" ? `layers/${capability}` : `${top}/`
}

/** The parts that each part imports from. */
const imports: ReadonlyMap<string, ReadonlySet<string>> = Object.entries(table).reduce((found, [folder, others]) => {
  const part = partOf(folder)
  const from = others.map(partOf).filter((other) => other !== part)
  return found.set(part, new Set([...(found.get(part) ?? []), ...from]))
}, new Map<string, Set<string>>())

const parts = [...new Set([...imports].flatMap(([part, others]) => [part, ...others]))].toSorted()

/** Lists all parts that one part imports from, directly or through others. */
const reachable = (part: string, found = new Set<string>()): ReadonlySet<string> => {
  for (const other of imports.get(part) ?? []) {
    if (found.has(other)) continue
    found.add(other)
    reachable(other, found)
  }
  return found
}

/** Lists the imports of a part that no longer path implies. */
const drawn = (part: string): ReadonlyArray<string> => {
  const direct = [...(imports.get(part) ?? [])]
  return direct.filter((other) => !direct.some((between) => reachable(between).has(other))).toSorted()
}

const id = (part: string): string => part.replaceAll(/\W+/g, "_")

const node = (part: string): string => `${id(part)}["${part.replace(/^layers\//, "")}"]`

/** Draws the parts of `src/` as a Mermaid graph. An import that a longer path implies is left out. */
export const importsGraph = (): string => {
  const layers = parts.filter((part) => part.startsWith("layers/"))
  const others = parts.filter((part) => !part.startsWith("layers/"))
  return [
    "```mermaid",
    "flowchart TB",
    ...others.map((part) => `  ${node(part)}`),
    '  subgraph layers["layers/"]',
    ...layers.map((part) => `    ${node(part)}`),
    "  end",
    ...parts.flatMap((part) => drawn(part).map((other) => `  ${id(part)} --> ${id(other)}`)),
    "```"
  ].join("\n")
}

/** Makes the table of all imports between the parts of `src/`. */
export const importsTable = (): string =>
  [
    "| Part | Imports from |",
    "| --- | --- |",
    ...parts.flatMap((part) => {
      const others = [...(imports.get(part) ?? [])].toSorted()
      return others.length === 0 ? [] : `| \`${part}\` | ${others.map((other) => `\`${other}\``).join(", ")} |`
    })
  ].join("\n")
