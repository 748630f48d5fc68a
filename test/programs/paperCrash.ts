import { Effect } from "effect"
import { argv, kill, pid, stdout } from "node:process"
import { openPaperAccounts } from "../doubles/TestPaperAccounts.ts"
import type { Journal } from "../../src/layers/paper/journal.ts"

// A program that tests start: places orders on the paper account of a folder, whose snapshots are taken every five
// entries, prints the id of each once it is answered, and kills itself at the given step of the journal.
const [, , folder = "", step = "0"] = argv

let left = Number(step)
const pass = () => {
  if (--left === 0) kill(pid, "SIGKILL")
}

/** Counts each thing that the journal does, before and after it. */
const counting = (journal: Journal): Journal => ({
  ...journal,
  alone: (run) => {
    const done = journal.alone(() => {
      pass()
      const value = run()
      pass()
      return value
    })
    pass()
    return done
  },
  append: (...entry) => {
    pass()
    journal.append(...entry)
    pass()
  },
  keep: (id, snapshot, blocks) => {
    pass()
    journal.keep(id, snapshot, blocks.slice(0, 1))
    pass()
    journal.keep(id, snapshot, blocks)
    pass()
  },
  heads: {
    ...journal.heads,
    write: (...head) => {
      pass()
      journal.heads.write(...head)
      pass()
    }
  }
})

const crash = Effect.gen(function* () {
  const accounts = yield* openPaperAccounts(folder, 5, counting)
  for (let n = 0; ; n++) {
    const order = { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "0.0001" }
    const answer = accounts.write("AddOrder", order, Date.UTC(2026, 10, 27, 9) + n * 1000)
    stdout.write(`${"result" in answer ? Object(answer.result).txid[0] : answer.errors.join()}\n`)
  }
})

await Effect.runPromise(Effect.scoped(crash))
