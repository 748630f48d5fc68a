import { countTokens } from "gpt-tokenizer"
import { toolsets } from "../src/tools/toolsets.ts"
import { number, print, table } from "./table.ts"

/** Measures the tokens that the list of tools costs a model before its first call. */
export const listTokens = (): void => {
  const counted = Object.entries(toolsets).map(([name, tools]) => ({
    name,
    tools: tools.length,
    tokens: tools.reduce((sum, { definition }) => sum + countTokens(JSON.stringify(definition)), 0)
  }))
  const sum = (name: string, names: ReadonlyArray<string>) => {
    const parts = counted.filter((one) => names.includes(one.name))
    const total = (of: "tools" | "tokens") => parts.reduce((all, part) => all + part[of], 0)
    return { name, tools: total("tools"), tokens: total("tokens") }
  }
  const all = sum("all", Object.keys(toolsets))
  const rows = [...counted, sum("market + account", ["market", "account"]), all]
  print(
    table(
      "7. tools/list in tokens (o200k)",
      ["toolset", "tools", "tokens", "a tool"],
      rows.map(({ name, tokens, tools }) => [name, number(tools), number(tokens), number(tokens / tools)])
    )
  )
}
