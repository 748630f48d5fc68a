import { Console, Effect } from "effect"
import { createHash } from "node:crypto"
import { rekey as rekeyRows } from "../../layers/access/record/administer.ts"
import { receiptOf } from "../../layers/access/record/chain.ts"
import {
  type FromOperator,
  isThere,
  locate,
  openToChange,
  RecordRefusal,
  requireSecret,
  withSecret
} from "../audit/record.ts"

/**
 * Moves the record of an API key to another one. The nonces of the new key begin on their own: Kraken counts them for
 * each key.
 */
export const rekey = Effect.fn("state.rekey")(function* ({
  from,
  to
}: { readonly from: string; readonly to: string } & FromOperator) {
  const file = yield* locate
  if (!isThere(file)) return yield* new RecordRefusal({ message: `There is no record: ${file.name} does not exist.` })
  yield* requireSecret("Changing the API key of the record")
  const db = yield* openToChange(file)
  const rekeyed = yield* db.write(({ wall }) => rekeyRows(wall, hashOf(from), hashOf(to)))
  if (rekeyed._tag === "NoWrites") return yield* new RecordRefusal({ message: "Nothing is recorded of the old key." })
  if (rekeyed._tag === "InUse")
    return yield* new RecordRefusal({
      message: `A server works on row ${rekeyed.seq} with the old key. Stop it, and try again 15 seconds later.`
    })
  yield* Console.log(`${rekeyed.writes} writes now belong to the new key. Receipt: ${receiptOf(rekeyed.head)}`)
}, withSecret)

const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex")
