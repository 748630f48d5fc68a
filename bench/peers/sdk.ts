/** The SDK's standard server without sessions: a Server and a transport for each request, with one trivial tool. */
import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js"
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js"
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv"
import { createServer } from "node:http"

// A shared validator, the best case of the standard transport: otherwise each Server builds its own.
const jsonSchemaValidator = new AjvJsonSchemaValidator()

createServer((request, response) => {
  const server = new Server({ name: "stock", version: "0" }, { capabilities: { tools: {} }, jsonSchemaValidator })
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [{ name: "noop", inputSchema: { type: "object" as const } }]
  }))
  server.setRequestHandler(CallToolRequestSchema, () => ({ content: [{ type: "text" as const, text: "{}" }] }))
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
  response.on("close", () => void server.close())
  void server
    .connect(transport as Parameters<Server["connect"]>[0])
    .then(() => transport.handleRequest(request, response))
}).listen(Number(process.argv[2]), "127.0.0.1")
