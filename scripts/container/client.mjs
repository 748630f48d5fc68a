// An MCP client of a container.
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { Agent, fetch } from "undici"

/** Connects, and returns a function that calls a tool, which fails like the tool. `certificate` is the authority's. */
export const connect = async (url, token, { certificate, domain } = {}) => {
  const lookup = (_, options, done) =>
    options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4)
  const dispatcher =
    certificate === undefined ? undefined : new Agent({ connect: { ca: certificate, lookup, servername: domain } })
  const transport = new StreamableHTTPClientTransport(new URL(`${url}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
    ...(dispatcher && { fetch: (target, init) => fetch(target, { ...init, dispatcher }) })
  })
  const client = new Client({ name: "container", version: "1" })
  await client.connect(transport)
  return {
    use: async (name, args = {}) => {
      const { content, isError, structuredContent } = await client.callTool({ name, arguments: args })
      if (isError) throw new Error(content[0]?.text)
      return structuredContent
    },
    close: async () => {
      await client.close()
      await dispatcher?.close()
    }
  }
}
