import { Effect } from "effect"
import { Clocks } from "../../../../src/services/Clocks.ts"
import type { IntentDraft } from "../../../../src/services/Record.ts"

/** Clocks of which the time of day can be set. */
export const makeSettableClocks = () => {
  let offset = 0
  return {
    set: (by: number) =>
      Effect.sync(() => {
        offset += by
      }),
    clocks: Clocks.of({
      read: (clock) => ({
        wall: clock.unsafeCurrentTimeMillis() + offset,
        monotonic: Number(clock.unsafeCurrentTimeNanos() / 1_000_000n)
      })
    })
  }
}

export const order: IntentDraft = {
  endpoint: "private/AddOrder",
  params: { pair: "XBTUSD", type: "buy", volume: "0.10000000", cl_ord_id: "order-1" },
  identity: "buy 0.1",
  fingerprints: ["cl_ord_id order-1", "buy 0.1 XBTUSD"],
  expiresAfter: 10_000.5
}

export const withdrawal: IntentDraft = {
  endpoint: "private/Withdraw",
  params: { asset: "XBT", key: "home", amount: "0.5" },
  identity: "withdraw 0.5 home",
  fingerprints: ["0.5 XBT"],
  before: { refids: ["A"] }
}

export const happened = { outcome: "happened", ids: ["O1"], result: { txid: ["O1"] } } as const
export const unknown = { outcome: "unknown", ids: [], error: "KrakenOutcomeUnknown", check: "Read orders." } as const
