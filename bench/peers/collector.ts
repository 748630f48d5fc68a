/** A collector of OpenTelemetry that reads what it gets and forgets it. */
import { createServer } from "node:http"
import process from "node:process"

createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"))
}).listen(Number(process.argv[2]), "127.0.0.1")
