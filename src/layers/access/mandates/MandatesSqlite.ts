import { Duration, Effect, Layer, Option } from "effect"
import { join } from "node:path"
import { Config } from "../../../services/Config.ts"
import { Mandates } from "../../../services/Mandates.ts"
import { type MandateInForce, Principal } from "../../../services/Principal.ts"
import { RecordUnavailable } from "../../../services/Record.ts"
import { makeBoundedMap } from "../../caching/boundedMap.ts"
import { type CachedValue, makeCachedValue } from "../../caching/cachedValue.ts"
import type { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import { readHead } from "../record/append.ts"
import { receiptOf } from "../record/chain.ts"
import { mandateOf } from "../record/mandates.ts"
import { recordFile } from "../record/recordFile.ts"
import { freeze } from "./administer.ts"
import { makeAuthorityFile } from "./authorityFile.ts"

/** The time for which a mandate is used without a look at the file, in milliseconds. A failure lasts as long. */
const validFor = Duration.toMillis("1 second")

/** The longest wait for a busy file. */
const longestWait = "1 second"

/** The most mandates in memory. Only ids of valid tokens are looked up. */
const capacity = 1000

type Cached = CachedValue<Option.Option<MandateInForce>, RecordUnavailable, never>

/** Mandates in `authority.db` of the state folder. The file is opened on first use. */
export const MandatesSqlite = Layer.scoped(
  Mandates,
  Effect.gen(function* () {
    const { stateDir } = yield* Config
    const file = join(stateDir, recordFile)
    const { read, write } = yield* makeAuthorityFile(file)
    const cached = makeBoundedMap<string, Cached>(capacity)

    const lookUp = (id: string): Cached =>
      makeCachedValue({
        lookup: () =>
          // Opening waits for a busy file. A cancel must not wait for long.
          Effect.disconnect(read(() => mandateOf(id))).pipe(
            Effect.map(Option.flatMap(Option.fromNullable)),
            Effect.mapError(unavailable),
            Effect.timeoutFail({ duration: longestWait, onTimeout: () => busy(file) })
          ),
        pauseAfter: () => Effect.succeed(validFor),
        // A mandate that cannot be read any more might have been narrowed.
        staleFor: 0
      })

    return Mandates.of({
      file,
      ofToken: (id) => cached.getOrMake(id, () => lookUp(id)).get(validFor),
      freezeSelf: Effect.fn("Mandates.freezeSelf")(function* (reason) {
        const { caller } = yield* Principal
        const actor = caller._tag === "Token" ? { id: caller.id, name: caller.name } : { id: caller.id }
        return yield* Effect.mapError(
          write(function* (at) {
            return receiptOf(
              (yield* freeze(at, { actor, caller: caller.id, name: actor.name, frozen: true, reason })) ??
                (yield* readHead())
            )
          }),
          unavailable
        )
      })
    })
  })
)

const unavailable = ({ reason }: DatabaseUnavailable) => new RecordUnavailable({ reason })

const busy = (file: string) => new RecordUnavailable({ reason: `The database ${file} can't be read: it is busy.` })
