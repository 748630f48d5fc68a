import { Effect, Layer, Option, Scope, SynchronizedRef } from "effect"
import { join } from "node:path"
import { Config } from "../../../services/Config.ts"
import { Mandates } from "../../../services/Mandates.ts"
import { Principal } from "../../../services/Principal.ts"
import { RecordUnavailable } from "../../../services/Record.ts"
import { type ImmediateDatabase, openImmediateDatabase } from "../../storage/immediateDatabase.ts"
import { append } from "../record/append.ts"
import { receiptOf } from "../record/chain.ts"
import { layout } from "../record/layout.ts"
import { recordFile } from "../record/recordFile.ts"

/** The mandates in `authority.db`. The file is opened when it is first used. */
export const MandatesSqlite = Layer.scoped(
  Mandates,
  Effect.gen(function* () {
    const { stateDir } = yield* Config
    const scope = yield* Effect.scope
    const database = yield* SynchronizedRef.make<ImmediateDatabase | undefined>(undefined)
    const opened = SynchronizedRef.modifyEffect(database, (open) =>
      Effect.map(
        open === undefined
          ? Scope.extend(openImmediateDatabase({ file: join(stateDir, recordFile), layout }), scope)
          : Effect.succeed(open),
        (db) => [db, db]
      )
    )
    return Mandates.of({
      freezeSelf: Effect.fn("Mandates.freezeSelf")(function* (reason) {
        const { caller, mandate } = yield* Principal
        const subject = Option.match(mandate, { onNone: () => caller.id, onSome: ({ subject }) => subject })
        return yield* opened.pipe(
          Effect.flatMap((db) =>
            db.write((db, { wall }) =>
              receiptOf(
                append(db, { kind: "freeze", at: wall, actor: { id: caller.id }, subject, frozen: true, reason })
              )
            )
          ),
          Effect.mapError(({ reason }) => new RecordUnavailable({ reason })),
          Effect.uninterruptible
        )
      })
    })
  })
)
