/** A stand-in for Kraken that answers at once and checks nothing, so that only our overhead is measured. */
import { createServer } from "node:http"

const answers: Record<string, unknown> = {
  Time: { unixtime: 1761000000, rfc1123: "Mon, 20 Oct 25 22:40:00 +0000" },
  Balance: { ZUSD: "12543.2210", XXBT: "0.7541100000", XETH: "3.2000000000", SOL: "12.5000000000" },
  GetApiKeyInfo: { api_key_name: "bench", permissions: ["query-funds"], nonce: "1", nonce_window: "0" },
  Assets: { XXBT: { aclass: "currency", altname: "XBT", decimals: 10, display_decimals: 5, status: "enabled" } },
  AssetPairs: {}
}

createServer((request, response) => {
  const name = /\/([A-Za-z]+)(\?.*)?$/.exec(request.url ?? "")?.[1] ?? ""
  const text = JSON.stringify({ error: [], result: answers[name] ?? {} })
  request.resume()
  request.on("end", () => {
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    response.end(text)
  })
}).listen(Number(process.argv[2]), "127.0.0.1")
