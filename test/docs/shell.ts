/** One simple command of a shell block: its words without quotes, and its source text. */
export interface Command {
  /** Variables that are set for this command only. */
  readonly variables: Readonly<Record<string, string>>
  readonly words: ReadonlyArray<string>
  readonly source: string
  /** Number of its first line in the block, from 0. */
  readonly line: number
  /** Expected output, from the comment below the command. */
  readonly prints?: string
}

/** A word, including its quoted parts. */
const word = /(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+/g

/** A line up to its comment. A # within quotes starts none. */
const comment = /^((?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'#]|(?<=\S)#)*?)(?:^|\s+)#.*$/

/** Lists the commands of a block in order: splits lines and `&&`, and joins lines at a trailing backslash. */
export const commandsOf = (block: string): ReadonlyArray<Command> => {
  const lines = block.split("\n")
  const commands: Array<Command> = []
  for (let line = 0; line < lines.length; line++) {
    const first = line
    let source = lines[line] ?? ""
    while (source.endsWith("\\")) source = `${source.slice(0, -1).trimEnd()} ${(lines[++line] ?? "").trim()}`
    const bare = source.replace(comment, "$1").trim()
    if (bare === "") continue
    const printed = /^# (?<text>[{[].*)$/.exec(lines[line + 1] ?? "")?.groups?.["text"]
    for (const part of bare.split(/\s+&&\s+/)) commands.push(simple(part, first, printed))
  }
  return commands
}

const simple = (source: string, line: number, prints: string | undefined): Command => {
  const words = (source.match(word) ?? []).map(unquoted)
  const at = words.findIndex((word) => !/^[A-Z_]+=/.test(word))
  const assigned = at < 0 ? words : words.slice(0, at)
  const variables = Object.fromEntries(assigned.map((word) => [word.split("=", 1)[0] ?? "", word.replace(/^\w+=/, "")]))
  return { variables, words: at < 0 ? [] : words.slice(at), source, line, ...(prints !== undefined && { prints }) }
}

const unquoted = (word: string): string =>
  word.replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, double?: string, single?: string) =>
    double === undefined ? (single ?? "") : double.replaceAll(/\\(["\\$`])/g, "$1")
  )
