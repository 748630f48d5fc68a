/**
 * A stand-in for Kraken that checks nothing, so that only our overhead is measured. It answers at once, or after
 * `KRAKEN_DELAY` milliseconds.
 */
import { createServer } from "node:http"
import process from "node:process"

const delay = Number(process.env["KRAKEN_DELAY"] ?? 0)

const answers: Record<string, unknown> = {
  Time: { unixtime: 1761000000, rfc1123: "Mon, 20 Oct 25 22:40:00 +0000" },
  Balance: { ZUSD: "12543.2210", XXBT: "0.7541100000", XETH: "3.2000000000", SOL: "12.5000000000" },
  GetApiKeyInfo: {
    api_key_name: "bench",
    permissions: ["query-funds", "query-ledger"],
    nonce: "1",
    nonce_window: process.env["KRAKEN_NONCE_WINDOW"] ?? "0"
  },
  Ledgers: { ledger: {}, count: 0 },
  Assets: { XXBT: { aclass: "currency", altname: "XBT", decimals: 10, display_decimals: 5, status: "enabled" } },
  AssetPairs: {}
}

createServer((request, response) => {
  const name = /\/([A-Za-z]+)(\?.*)?$/.exec(request.url ?? "")?.[1] ?? ""
  const text = JSON.stringify({ error: [], result: answers[name] ?? {} })
  request.resume()
  const answer = () => {
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    response.end(text)
  }
  request.on("end", () => void (delay === 0 ? answer() : setTimeout(answer, delay)))
}).listen(Number(process.argv[2]), "127.0.0.1")
