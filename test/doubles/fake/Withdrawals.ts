import { type Call, type Entry, type Handler, listedFrom, makeIds, text } from "./Journal.ts"
import { assetId } from "./Market.ts"
import { type Fields, Refusal } from "./Wire.ts"

/** Names of the saved withdrawal addresses. */
const addresses: Record<string, string> = {
  "btc-wallet-1": "bc1qexampleexampleexample",
  "usd-bank": "XX00 0000"
}

/** Makes the withdrawals of the account. Each is accepted at once and stays `Initial`. */
export const makeWithdrawals = (journal: Array<Entry>) => {
  const referenceId = makeIds("FT", [5, 22])
  const all: Array<{ readonly listedFrom: number; readonly row: Record<string, unknown> }> = []

  const add = (params: Fields, call: Pick<Call, "listedAfter" | "now">): string => {
    const refid = referenceId()
    all.unshift({
      listedFrom: listedFrom(call),
      row: {
        method: "Bitcoin",
        network: "Bitcoin",
        aclass: "currency",
        asset: assetId(text(params, "asset")),
        refid,
        txid: null,
        info: addresses[String(params["key"])],
        amount: String(params["amount"]),
        fee: "0.00000000",
        time: Math.floor(call.now / 1000),
        status: "Initial",
        key: params["key"]
      }
    })
    return refid
  }

  const withdraw: Handler = (call) => {
    const { nonce, now, params } = call
    assetId(text(params, "asset"))
    const address = addresses[String(params["key"])]
    if (address === undefined) throw new Refusal("EFunding:Unknown withdraw key")
    if ((text(params, "address") ?? address) !== address) throw new Refusal("EFunding:Invalid withdrawal address")
    if (!(Number(params["amount"]) > 0)) throw new Refusal("EFunding:Invalid amount")
    const refid = add(params, call)
    journal.push({ endpoint: "Withdraw", at: now, nonce, params, ids: [refid] })
    return { refid }
  }

  const status: Handler = ({ now, params }) => {
    const asset = text(params, "asset")
    const listed = all.filter(({ listedFrom }) => listedFrom <= now).map(({ row }) => row)
    const rows = asset === undefined ? listed : listed.filter((row) => row["asset"] === assetId(asset))
    return text(params, "cursor") === undefined ? rows : { withdrawals: rows, next_cursor: null }
  }

  const cancel: Handler = ({ nonce, now, params }) => {
    const found = all.find(({ row }) => row["refid"] === params["refid"])?.row
    if (found === undefined) throw new Refusal("EFunding:Unknown reference id")
    found["status"] = "Failure"
    found["status-prop"] = "canceled"
    journal.push({ endpoint: "WithdrawCancel", at: now, nonce, params, ids: [String(found["refid"])] })
    return true
  }

  const handlers: Record<string, Handler> = { Withdraw: withdraw, WithdrawStatus: status, WithdrawCancel: cancel }
  return {
    handlers,
    /** Adds a withdrawal of another program. The journal does not show it. */
    add
  }
}
