import type { ArchivedBlock, Archives } from "../../src/exchange/state/stateSnapshot.ts"

/** Archives in memory, which count the blocks that are read. */
export const makeArchives = () => {
  const blocks = new Map<string, Array<ArchivedBlock>>()
  const of = (history: string) => blocks.get(history) ?? []
  let reads = 0
  const archives: Archives = {
    summaries: (history) => of(history).map(({ summary }) => summary),
    block: (history, number) => {
      reads++
      const block = of(history)[number]
      if (block === undefined) throw new Error(`no block ${number} of ${history}`)
      return block.text
    },
    placeOf: (history, id) => {
      for (const { ids, number } of of(history)) if (ids.includes(id)) return number * 100 + ids.indexOf(id)
      return undefined
    }
  }
  return {
    archives,
    add: (added: ReadonlyArray<ArchivedBlock>) => {
      for (const block of added) {
        const known = of(block.history)
        known[block.number] = block
        blocks.set(block.history, known)
      }
    },
    blocks: () => [...blocks.values()].reduce((sum, { length }) => sum + length, 0),
    reads: () => reads
  }
}
