import type { Fault } from "../../doubles/fake/Faults.ts"
import { dropAfter, error } from "../../doubles/fake/Faults.ts"
import type { Handler } from "../../doubles/fake/Journal.ts"
import type { FakeKraken } from "../../doubles/FakeKraken.ts"

type Given = (fake: FakeKraken) => void

/** Combines preparations, in this order. */
export const all =
  (...given: ReadonlyArray<Given>): Given =>
  (fake) => {
    for (const one of given) one(fake)
  }

/** Makes the next requests to an endpoint fail. */
export const faults =
  (endpoint: string, ...next: ReadonlyArray<Fault>): Given =>
  (fake) =>
    fake.misbehave(endpoint, ...next)

/** Makes Kraken refuse the next request to an endpoint. */
export const refused = (endpoint: string, ...codes: ReadonlyArray<string>) => faults(endpoint, error(codes))

/** Makes Kraken carry out the next request to an endpoint and lose its answer. */
export const lost = (endpoint: string) => faults(endpoint, dropAfter)

/** Sets Kraken's answer to an endpoint. */
export const answered =
  (endpoint: string, result: unknown): Given =>
  (fake) =>
    fake.answer(endpoint, result)

/** First order id of the fake. */
export const first = "OAAAAA-AAAAA-AAAAA1"

/** Adds an open order to buy 2 BTC at 50,000 USD. It has the id `first` if it is the first one. */
export const open =
  (more: object = {}): Given =>
  (fake) => {
    const { AddOrder } = fake.orders.handlers as { readonly AddOrder: Handler }
    const order = { pair: "XBTUSD", type: "buy", ordertype: "limit", price: "50000", volume: "2", ...more }
    AddOrder({ now: Date.UTC(2025, 11, 31), nonce: 0n, params: order })
  }

/** Adds yesterday's withdrawal of 0.5 BTC, with the reference `withdrawn`. */
export const withdrawal: Given = (fake) => {
  const { Withdraw } = fake.withdrawals.handlers as { readonly Withdraw: Handler }
  const params = { asset: "XBT", key: "btc-wallet-1", amount: "0.5" }
  Withdraw({ now: Date.UTC(2025, 11, 31), nonce: 0n, params })
}

/** First reference id of the fake. */
export const withdrawn = "FTAAAAA-AAAAAAAAAAAAAAAAAAAAA1"
