import { Clock, Effect, Ref } from "effect"
import type { Authority } from "../../layers/access/record/authority.ts"
import { writeOpenOrders } from "../../layers/kraken/writes/panic/panicFiles.ts"
import type { PanicOptions } from "../../layers/kraken/writes/panic/panicReport.ts"
import type { PanicParts } from "../../layers/kraken/writes/panic/panicParts.ts"
import { runPanic } from "../../layers/kraken/writes/panic/panicRoutine.ts"
import { recordOfPanic } from "../../layers/kraken/writes/panic/recordOfPanic.ts"
import type { PanicEnd, Remains } from "./panicWords.ts"

/** The parts of a panic that are the same for each account. */
export interface CommonParts {
  readonly options: PanicOptions
  readonly stateDir: string
  readonly authority: Authority
  readonly say: PanicParts["say"]
  readonly remains: Ref.Ref<Remains>
}

/** The part of the end that the cancels make. */
export type Worked = Pick<PanicEnd, "reports" | "problems">

/** Cancels on one account. `account` names it in reports, and `inRecord` in the record. */
export const panicOnAccount = Effect.fnUntraced(function* (
  { authority, options, remains, say, stateDir }: CommonParts,
  account: string,
  calls: PanicParts["calls"],
  key: string,
  inRecord = "kraken"
) {
  return yield* runPanic(options, {
    account,
    calls,
    record: yield* recordOfPanic(authority, { account: inRecord, key }),
    writeList: writeOpenOrders(stateDir, account, yield* Clock.currentTimeMillis),
    say,
    sawOpen: (ids) => Ref.update(remains, (remains) => ({ ...remains, open: new Map(remains.open).set(account, ids) }))
  })
}, Effect.scoped)
