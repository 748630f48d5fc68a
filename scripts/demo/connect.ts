import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { Effect } from "effect"
import { execPath } from "node:process"

/** The answer of a tool. */
export type Answer = ReturnType<typeof JSON.parse>

/** Calls a tool as a model does. A refusal ends the demonstration. */
export type Call = (name: string, args?: Record<string, unknown>) => Effect.Effect<Answer>

/** Connects the SDK's client to a server in paper mode that keeps its state in a folder. */
export const connect = (entry: string, folder: string) =>
  Effect.acquireRelease(
    Effect.promise(() => {
      const client = new Client({ name: "demo", version: "0" })
      const transport = new StdioClientTransport({
        command: execPath,
        args: [entry, "serve", "--stdio", "--paper", "--market", "synthetic"],
        env: { MCP_KRAKEN_STATE_DIR: folder, MCP_KRAKEN_LOG_LEVEL: "ERROR" },
        stderr: "inherit"
      })
      return client.connect(transport).then(() => client)
    }),
    (client) => Effect.promise(() => client.close())
  ).pipe(
    Effect.map(
      (client): Call =>
        (name, args = {}) =>
          Effect.flatMap(
            Effect.promise(() => client.callTool({ name, arguments: args })),
            ({ content, isError, structuredContent }) =>
              isError === true
                ? Effect.dieMessage(`${name}: ${JSON.stringify(content)}`)
                : Effect.succeed(structuredContent)
          )
    )
  )
