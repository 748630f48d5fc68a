/** The npm package fastmcp without sessions, with one trivial tool. */
import { FastMCP } from "fastmcp"

const server = new FastMCP({ name: "fastmcp", version: "0.0.0" })
server.addTool({ name: "noop", description: "Does nothing", execute: async () => "{}" })
await server.start({
  transportType: "httpStream",
  httpStream: { port: Number(process.argv[2]), host: "127.0.0.1", stateless: true, enableJsonResponse: true }
})
