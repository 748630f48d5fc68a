import { Effect } from "effect"
import { AccountData } from "../../../services/AccountData.ts"
import { Approvals } from "../../../services/Approvals.ts"
import { Config } from "../../../services/Config.ts"
import { KrakenClient } from "../../../services/KrakenClient.ts"
import { Names } from "../../../services/Names.ts"
import { PermissionCache } from "../../../services/PermissionCache.ts"
import { Record } from "../../../services/Record.ts"
import { makeAccountFacts } from "../limits/accountFacts.ts"
import type { LimitContext } from "../limits/limitContext.ts"
import { makeLimitGuard } from "../limits/limitGuard.ts"
import { makeReadBack } from "../limits/readBack.ts"
import { makeNotify } from "./notices.ts"
import { procedures } from "./procedures.ts"
import { makeRecordedWrites } from "./recordedWrites.ts"
import { makeResolveSize } from "./resolveSize.ts"
import { makeSettleWrite } from "./settleWrite.ts"
import type { ProcedureContext } from "./writeProcedure.ts"

/** Makes the parts that sending a write and settling an abandoned one have in common. They hold no state. */
export const writeParts = Effect.gen(function* () {
  const names = yield* Names
  const config = yield* Config
  const record = yield* Record
  const context: ProcedureContext = {
    kraken: yield* KrakenClient,
    keys: yield* PermissionCache,
    directory: names.directory,
    madeBefore: record.madeBefore,
    observed: (yield* AccountData).observed,
    deadline: config.orderDeadline
  }
  const limits: LimitContext = {
    kraken: context.kraken,
    keys: context.keys,
    directory: context.directory,
    record,
    approvals: yield* Approvals
  }
  const account = makeAccountFacts(limits)
  const readBack = makeReadBack(limits)
  return {
    approvals: limits.approvals,
    context,
    record,
    procedure: procedures(),
    recorded: makeRecordedWrites(record, context.kraken, yield* makeNotify(record)),
    settle: makeSettleWrite(context, record),
    guard: makeLimitGuard(limits, config.serverLimits, readBack, account),
    resolve: makeResolveSize(context, { account, readBack, record })
  }
})
