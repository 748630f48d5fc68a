import { Option } from "effect"
import type { Config } from "../services/Config.ts"
import { reachable } from "../layers/http/reachable.ts"
import { self } from "./self.ts"

/** Lines for the operator: where the server is, how to make a token, and what to paste into clients. */
export const howToConnect = (config: typeof Config.Service, hasToken: boolean): ReadonlyArray<string> => {
  const { authDisabled, credentials, host, path, port, tls } = config
  const url = `${Option.isSome(tls) ? "https" : "http"}://${reachable(host)}:${port}${path}`
  return [
    `mcp-kraken serves ${url}`,
    ...(Option.isNone(credentials)
      ? [
          "No Kraken API key is configured: only public market data works. Set KRAKEN_API_KEY and KRAKEN_API_SECRET for the rest."
        ]
      : []),
    ...(authDisabled || hasToken ? [] : firstToken(url))
  ]
}

const firstToken = (url: string): ReadonlyArray<string> => {
  const bearer = '"Authorization: Bearer mck_…"'
  return [
    "",
    "There is no token yet, so nobody can connect. Make one:",
    `  ${self()} token create my-client`,
    "",
    "Then connect with it:",
    `  Claude Code      claude mcp add --transport http kraken ${url} --header ${bearer}`,
    `  Claude Desktop   "kraken": { "command": "npx", "args": ["mcp-remote", "${url}", "--header", ${bearer}] }`,
    `  MCP Inspector    npx @modelcontextprotocol/inspector --cli ${url} --transport http --header ${bearer} --method tools/list`,
    ""
  ]
}
