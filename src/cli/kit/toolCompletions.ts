/** The commands whose first argument is the name of a tool. */
const commands = ["call", "tools"]

/** Adds the names of tools to a script of completions, which the library makes without them, in the syntax of its shell. */
export const withTools = (script: string, tools: ReadonlyArray<string>): string => {
  if (tools.length === 0) return script
  const names = tools.join(" ")
  if (script.startsWith("complete ")) {
    const lines = commands.map(
      (command) => `complete -c mcp-kraken -n "__fish_seen_subcommand_from ${command}" -f -a "${names}"`
    )
    return [script.trimEnd(), ...lines, ""].join("\n")
  }
  return commands.reduce(
    (script, command) =>
      script.startsWith("#compdef")
        ? script.replace(
            new RegExp(`(\\n +\\(${command}\\)\\n[^\\n]+\\n)( +)`),
            (_, head: string, indent: string) => `${head}${indent}'1:tool:(${names})' \\\n${indent}`
          )
        : script.replace(
            new RegExp(`(\\n +mcp__kraken__${command}\\)\\n +opts=")`),
            (_, head: string) => `${head}${names} `
          ),
    script
  )
}
