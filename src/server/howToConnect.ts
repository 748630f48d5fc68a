import { Option, Redacted } from "effect"
import type { Config } from "../services/Config.ts"
import { defaultAccount } from "../services/KrakenAccount.ts"
import { urlHost } from "../layers/network/urlHost.ts"
import { withEnvFile } from "../layers/process/withEnvFile.ts"
import { self } from "../layers/process/self.ts"

/**
 * Writes lines for the operator: the server's address, the command that makes a token, and the text to paste into
 * clients.
 */
export const howToConnect = (
  config: typeof Config.Service,
  access: Access,
  envFile: Option.Option<string>
): ReadonlyArray<string> => {
  const { authDisabled, host, path, port, tls } = config
  const url = `${Option.isSome(tls) ? "https" : "http"}://${urlHost(host)}:${port}${path}`
  return [
    `mcp-kraken serves ${url}`,
    ...account(config),
    ...(authDisabled ? [] : connection(config, access, url, withEnvFile(envFile)))
  ]
}

/** The tokens that clients can use: one that was just made, existing ones, or none yet. */
export type Access =
  | { readonly _tag: "New"; readonly token: Redacted.Redacted }
  | { readonly _tag: "Some"; readonly explain: boolean }
  /** `forPaper` is true if there are only tokens for paper accounts, which this server refuses. */
  | { readonly _tag: "None"; readonly forPaper: boolean }

/** Describes the account that clients use. */
const account = ({ accounts, baseUrl, credentials, mode, readOnly }: typeof Config.Service): ReadonlyArray<string> => {
  if (mode === "paper") return ["Paper mode: each token has its own simulated account, and no real money moves."]
  if (accounts.length > 0) {
    const names = [...(Option.isSome(credentials) ? [defaultAccount] : []), ...accounts.map(({ name }) => name)]
    return [
      `Live mode: each client ${readOnly ? "reads" : "acts on"} the account of its token at ${baseUrl}: ${names.join(", ")}. token create NAME --account ${accounts[0]?.name} makes one.`
    ]
  }
  if (Option.isSome(credentials)) {
    return [`Live mode: every client ${readOnly ? "reads" : "acts on"} the account of the API key at ${baseUrl}.`]
  }
  return [
    "No Kraken API key is configured: only public market data works. Set KRAKEN_API_KEY and KRAKEN_API_SECRET for the rest."
  ]
}

/** Describes how to get a token and connect with it. */
const connection = (
  { mode }: typeof Config.Service,
  access: Access,
  url: string,
  more: string
): ReadonlyArray<string> => {
  const isPaper = mode === "paper"
  const create = `  ${self()} token create my-client${isPaper ? " --paper" : ""}${more}`
  switch (access._tag) {
    case "New":
      return [
        "",
        `A token was created for your first client${isPaper ? ", for paper mode only" : ""}. It never expires; ${self()} token create NAME --expires-in 90d creates one that does.`,
        "Paste one of these; the token is not shown again:",
        ...clients(url, Redacted.value(access.token))
      ]
    case "Some":
      return access.explain
        ? ["", "Connect with an existing token, or create another:", create, ...clients(url, "mck_…")]
        : []
    case "None":
      return [
        "",
        access.forPaper
          ? "There are only tokens for paper mode, which this server refuses, so no client can connect. Create one:"
          : "There is no token yet, so no client can connect. Create one:",
        create,
        "",
        "Then connect with it:",
        ...clients(url, "mck_…")
      ]
  }
}

/** Writes the text to paste into each client. */
const clients = (url: string, token: string): ReadonlyArray<string> => {
  const bearer = `"Authorization: Bearer ${token}"`
  // Claude Desktop on Windows splits arguments at spaces. The values of `env` are also absent from the list of
  // processes.
  const bridge = `"args": ["-y", "mcp-remote", "${url}", "--header", "Authorization:\${BEARER}"]`
  return [
    `  Claude Code      claude mcp add --transport http kraken ${url} --header ${bearer}`,
    `  Claude Desktop   "kraken": { "command": "npx", ${bridge}, "env": { "BEARER": "Bearer ${token}" } }`,
    `  MCP Inspector    npx @modelcontextprotocol/inspector --cli ${url} --transport http --header ${bearer} --method tools/list`,
    ""
  ]
}
