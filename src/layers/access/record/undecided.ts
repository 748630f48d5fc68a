import { isLeased } from "./leases.ts"
import { all, type Steps } from "../../storage/steps.ts"

/** Writes of a record whose outcome is not known, by their numbers, oldest first. */
export interface Undecided {
  /** Nobody can find out by a program what became of them. */
  readonly unknown: ReadonlyArray<number>
  /** Their process has ended. The next server looks for what became of them. */
  readonly abandoned: ReadonlyArray<number>
}

interface Row {
  readonly seq: number
  readonly state: "open" | "unknown"
  readonly owner: string | null
  readonly until: number | null
}

/** Lists the writes that wait for a person or for a server, at a time in Unix milliseconds. */
export function* undecided(wall: number): Steps<Undecided> {
  const rows = yield* all<Row>(
    `SELECT seq, state, owner, until FROM intents LEFT JOIN leases USING (seq) WHERE state IN ('open', 'unknown')
     ORDER BY seq`
  )
  const numbers = (belongs: (row: Row) => boolean) => rows.filter(belongs).map(({ seq }) => seq)
  return {
    unknown: numbers(({ state }) => state === "unknown"),
    abandoned: numbers(({ owner, state, until }) =>
      state === "open" ? !isLeased({ owner, until }, { process: "", wall, monotonic: 0 }) : false
    )
  }
}
