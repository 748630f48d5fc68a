import { Effect, Option } from "effect"
import { Names } from "../../services/Names.ts"
import { type ExtraReads, tryRead } from "../kit/extraReads.ts"
import { fundsHints } from "../kit/fundsHints.ts"
import { type Hints, type Refusal, refusedFor } from "../kit/refusals.ts"

interface Withdrawal {
  readonly asset: string
  readonly key: string
}

/** Keys that a hint names at most. */
const maximumKeys = 20

/** Explains the refusal of a withdrawal: the saved addresses, or free and held funds. */
export const withdrawalHints = (
  refusal: Refusal,
  { asset, key }: Withdrawal
): Effect.Effect<Hints, never, ExtraReads> => {
  if (refusedFor(refusal, /insufficient funds/i)) return fundsHints(asset)
  return refusedFor(refusal, /withdraw(al)? key/i) ? keyHints({ asset, key }) : Effect.succeed([])
}

/** Lists the keys of saved addresses. Says if the wanted one is not verified, or belongs to another asset. */
const keyHints = ({ asset, key }: Withdrawal) =>
  Effect.gen(function* () {
    const names = yield* Names
    const { assetDisplay } = yield* names.directory
    const found = yield* tryRead("private/WithdrawAddresses", {})
    if (Option.isNone(found)) return []
    const wanted = assetDisplay(asset)
    const ofAsset = found.value.filter((row) => assetDisplay(row.asset) === wanted)
    const [own] = ofAsset.filter((row) => row.key === key)
    const elsewhere = own === undefined ? found.value.filter((row) => row.key === key) : []
    const keys = ofAsset.map(({ key, verified }) => JSON.stringify(key) + (verified === false ? " (not verified)" : ""))
    return [
      ...(own?.verified === false
        ? [`The key ${JSON.stringify(key)} is saved and not verified: the user has to confirm it with Kraken first`]
        : []),
      ...(elsewhere.length > 0
        ? [`The key ${JSON.stringify(key)} is one of ${elsewhere.map(({ asset }) => assetDisplay(asset)).join(", ")}`]
        : []),
      keys.length === 0
        ? `No address for ${wanted} is saved: the user adds one on kraken.com`
        : `Saved keys of ${wanted}: ${keys.slice(0, maximumKeys).join(", ")}${keys.length > maximumKeys ? ` and ${keys.length - maximumKeys} more` : ""}`
    ]
  })
