import type { Directory } from "../assets/model.ts"

/** Assets that Kraken has merged into another one, one to one. */
const merged: Readonly<Record<string, string>> = { ETH2: "ETH" }

/** A balance by the asset that it is of, and the suffix that says where it lies. */
export interface Wallet {
  /** The display name of the asset, such as `BTC` for `XBT.F`. */
  readonly asset: string
  /** The suffix of the balance, such as `.F`. Empty for the spot balance. */
  readonly suffix: string
}

/**
 * Finds the asset that a balance is of: `XBT.F`, `XBT.M` and `XXBT` are BTC, `ETH2.S` is ETH, `USD.HOLD` is USD. They have
 * one price, and moving an amount between them is neither a sale nor a purchase.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-account-balance read 2026-08-17
 */
export const walletOf = (directory: Pick<Directory, "findAsset">, id: string): Wallet => {
  const found = directory.findAsset(id)
  if (found !== undefined) {
    const { display } = found.asset
    const name = merged[display] ?? display
    return { asset: name, suffix: name === display ? found.suffix : found.suffix || ".S" }
  }
  const [, name = id, suffix = ""] = /^(.+?)(\.[A-Z]{1,5})$/.exec(id) ?? []
  return { asset: merged[name] ?? name, suffix }
}
