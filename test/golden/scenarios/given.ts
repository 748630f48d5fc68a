import type { Fault } from "../../doubles/fake/Faults.ts"
import { dropAfter, error } from "../../doubles/fake/Faults.ts"
import type { Handler } from "../../doubles/fake/Journal.ts"
import type { FakeKraken } from "../../doubles/FakeKraken.ts"

type Given = (fake: FakeKraken) => void

/** All of these, in this order. */
export const all =
  (...given: ReadonlyArray<Given>): Given =>
  (fake) => {
    for (const one of given) one(fake)
  }

/** The next requests to an endpoint go wrong. */
export const faults =
  (endpoint: string, ...next: ReadonlyArray<Fault>): Given =>
  (fake) =>
    fake.misbehave(endpoint, ...next)

/** Kraken refuses the next request to an endpoint. */
export const refused = (endpoint: string, ...codes: ReadonlyArray<string>) => faults(endpoint, error(codes))

/** Kraken does what is asked, and its answer is lost. */
export const lost = (endpoint: string) => faults(endpoint, dropAfter)

/** Kraken answers an endpoint with this. */
export const answered =
  (endpoint: string, result: unknown): Given =>
  (fake) =>
    fake.answer(endpoint, result)

/** The order id that the fake gives first. */
export const first = "OAAAAA-AAAAA-AAAAA1"

/** An open order, the first unless there are others: to buy 2 BTC at 50,000 USD. */
export const open =
  (more: object = {}): Given =>
  (fake) => {
    const { AddOrder } = fake.orders.handlers as { readonly AddOrder: Handler }
    const order = { pair: "XBTUSD", type: "buy", ordertype: "limit", price: "50000", volume: "2", ...more }
    AddOrder({ now: Date.UTC(2025, 11, 31), nonce: 0n, params: order })
  }

/** A withdrawal of 0.5 BTC of yesterday; its reference is `withdrawn`. */
export const withdrawal: Given = (fake) => {
  const { Withdraw } = fake.withdrawals.handlers as { readonly Withdraw: Handler }
  const params = { asset: "XBT", key: "btc-wallet-1", amount: "0.5" }
  Withdraw({ now: Date.UTC(2025, 11, 31), nonce: 0n, params })
}

/** The reference that the fake gives first. */
export const withdrawn = "FTAAAAA-AAAAAAAAAAAAAAAAAAAAA1"
