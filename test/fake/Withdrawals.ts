import { type Entry, type Handler, makeIds, text } from "./Journal.ts"
import { assetId } from "./Market.ts"
import { Refusal } from "./Wire.ts"

/** Names of the saved withdrawal addresses. */
export const addresses: Record<string, string> = {
  "btc-wallet-1": "bc1qexampleexampleexample",
  "usd-bank": "XX00 0000"
}

/** Withdrawals of the account. Each is accepted at once and stays `Initial`. */
export const makeWithdrawals = (journal: Array<Entry>) => {
  const referenceId = makeIds("FT", [5, 22])
  const all: Array<Record<string, unknown>> = []

  const withdraw: Handler = ({ nonce, now, params }) => {
    const asset = assetId(text(params, "asset"))
    const address = addresses[String(params["key"])]
    if (address === undefined) throw new Refusal("EFunding:Unknown withdraw key")
    if ((text(params, "address") ?? address) !== address) throw new Refusal("EFunding:Invalid withdrawal address")
    if (!(Number(params["amount"]) > 0)) throw new Refusal("EFunding:Invalid amount")
    const refid = referenceId()
    journal.push({ endpoint: "Withdraw", at: now, nonce, params, ids: [refid] })
    all.unshift({
      method: "Bitcoin",
      network: "Bitcoin",
      aclass: "currency",
      asset,
      refid,
      txid: null,
      info: address,
      amount: String(params["amount"]),
      fee: "0.00000000",
      time: Math.floor(now / 1000),
      status: "Initial",
      key: params["key"]
    })
    return { refid }
  }

  const status: Handler = ({ params }) => {
    const asset = text(params, "asset")
    const rows = asset === undefined ? all : all.filter((row) => row["asset"] === assetId(asset))
    return text(params, "cursor") === undefined ? rows : { withdrawals: rows, next_cursor: null }
  }

  const cancel: Handler = ({ nonce, now, params }) => {
    const found = all.find(({ refid }) => refid === params["refid"])
    if (found === undefined) throw new Refusal("EFunding:Unknown reference id")
    found["status"] = "Failure"
    found["status-prop"] = "canceled"
    journal.push({ endpoint: "WithdrawCancel", at: now, nonce, params, ids: [String(found["refid"])] })
    return true
  }

  const handlers: Record<string, Handler> = { Withdraw: withdraw, WithdrawStatus: status, WithdrawCancel: cancel }
  return { handlers, all: (): ReadonlyArray<Record<string, unknown>> => all }
}
