import { DateTime } from "effect"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import { describeLag } from "../../../services/KrakenErrors.ts"
import { Frozen, type LimitError, LimitReached, MandateChanged } from "../../../services/LimitErrors.ts"

/** Makes the error of a write for which limits have no room. */
export const limitError = (call: string, refusal: NoRoom): LimitError => {
  switch (refusal._tag) {
    case "Changed":
      return new MandateChanged({ call })
    case "Frozen": {
      const { by, reason, scope, since } = refusal
      return new Frozen({ call, scope, by, reason, since: DateTime.unsafeMake(since) })
    }
    case "Limit": {
      const { _tag, availableAt, clockDifference, ...limit } = refusal
      return new LimitReached({
        call,
        ...limit,
        availableAt: availableAt === undefined ? undefined : DateTime.unsafeMake(availableAt),
        hints:
          clockDifference === undefined
            ? undefined
            : [`The clocks of this server and of Kraken differ by ${describeLag(clockDifference)}.`]
      })
    }
  }
}
