import { Effect } from "effect"
import type { Callers } from "../../../services/Callers.ts"
import { monotonic } from "../../../services/Clocks.ts"
import type { Principal } from "../../../services/Principal.ts"

/** The time for which a caller is not looked up again, in milliseconds. */
const validFor = 5000

type Found = Effect.Effect.Success<ReturnType<(typeof Callers.Service)["find"]>>

/** Makes the look-up of the callers whose alerts this server watches. */
export const makeWatchedCallers = ({ find, serves }: typeof Callers.Service) => {
  const known = new Map<string, { readonly at: number; readonly found: Found }>()

  /** Finds the principals of callers. `invalid` are those whose token was revoked or has expired. */
  const principalsOf = Effect.fnUntraced(function* (ids: ReadonlySet<string>) {
    const valid = new Map<string, typeof Principal.Service>()
    const invalid: Array<string> = []
    for (const id of known.keys()) if (!ids.has(id)) known.delete(id)
    for (const id of ids) {
      if (!serves(id)) continue
      const now = yield* monotonic
      const before = known.get(id)
      const found = before !== undefined && now - before.at < validFor ? before.found : yield* find(id)
      if (found !== before?.found) known.set(id, { at: now, found })
      if (found._tag === "Valid") valid.set(id, found.principal)
      if (found._tag === "Invalid") invalid.push(id)
    }
    return { valid, invalid }
  })
  return { principalsOf }
}
