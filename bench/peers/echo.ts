/** The upper bound: node:http without a framework reads JSON and writes it back. */
import { createServer } from "node:http"

createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const body = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString())
    const text = JSON.stringify({ jsonrpc: "2.0", id: body.id, result: {} })
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    response.end(text)
  })
}).listen(Number(process.argv[2]), "127.0.0.1")
