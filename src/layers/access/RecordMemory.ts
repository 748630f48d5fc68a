import { Clock, Effect, Layer } from "effect"
import { Principal } from "../../services/Principal.ts"
import { type Entry, Record } from "../../services/Record.ts"

/** Ended writes that are remembered. Writes in flight are not counted. */
const capacity = 1000

/** Keeps the record in memory, for as long as this process runs. */
export const RecordMemory = Layer.sync(Record, () => {
  const open = new Map<number, Entry>()
  const ended = new Map<number, Entry>()
  let last = 0
  return Record.of({
    begin: ({ endpoint, params }) =>
      Effect.zipWith(Principal, Clock.currentTimeMillis, ({ account, caller }, at) => {
        const seq = ++last
        open.set(seq, { seq, at, caller: caller.id, account, endpoint, params })
        return seq
      }),
    end: (seq, outcome) =>
      Effect.sync(() => {
        const entry = open.get(seq)
        if (entry === undefined) return
        open.delete(seq)
        ended.set(seq, { ...entry, outcome })
        const [oldest] = ended.keys()
        if (ended.size > capacity && oldest !== undefined) ended.delete(oldest)
      }),
    entries: Effect.sync(() => [...open.values(), ...ended.values()].toSorted((a, b) => a.seq - b.seq))
  })
})
