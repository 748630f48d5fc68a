/**
 * Benchmarks of calls, lists, starts, memory and tokens, beside other servers. Run by hand with `npm run bench`; it
 * takes about five minutes. BENCH_SECONDS, BENCH_ROUNDS and the others of settings.ts make it longer; BENCH_ONLY=1,4
 * picks tables. `npm run bench -- --write docs/performance.md` keeps the figures in results.json, and writes them into the
 * document.
 */
import { cpus } from "node:os"
import process from "node:process"
import { parseArgs } from "node:util"
import { toolCalls, toolLists } from "./calls.ts"
import { cost } from "./cost.ts"
import { databases } from "./databases.ts"
import { firstToolCall } from "./firstCall.ts"
import { growth } from "./growth.ts"
import { lane } from "./lane.ts"
import { limits } from "./limits.ts"
import { live } from "./live.ts"
import { liveReads } from "./liveReads.ts"
import { memory } from "./memory.ts"
import { setUp } from "./ours.ts"
import { overhead } from "./overhead.ts"
import { panic } from "./panic.ts"
import { policy } from "./policy.ts"
import { record } from "./record.ts"
import { write } from "./results.ts"
import { peer } from "./servers.ts"
import { wanted } from "./settings.ts"
import { startUp } from "./startup.ts"
import { print } from "./table.ts"
import { telemetry } from "./telemetry.ts"
import { tokenChecks } from "./tokens.ts"
import { listTokens } from "./words.ts"

const kraken = await peer("kraken")
const ours = await setUp(kraken)
print(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "an unknown processor"}`)
try {
  if (wanted(1)) await toolCalls(ours)
  if (wanted(2)) await toolLists(ours)
  if (wanted(3)) await overhead(ours, kraken)
  if (wanted(4)) await startUp(ours)
  if (wanted(5)) await memory(ours)
  if (wanted(6)) await tokenChecks(ours)
  if (wanted(7)) listTokens()
  if (wanted(8)) await record()
  if (wanted(9)) await panic(ours)
  if (wanted(10)) await policy()
  if (wanted(11)) await limits()
  if (wanted(12)) await cost(ours)
  if (wanted(13)) await growth(ours)
  if (wanted(14)) await liveReads()
  if (wanted(15)) await telemetry(ours)
  if (wanted(16)) await lane(ours)
  if (wanted(17)) await live()
  if (wanted(18)) await firstToolCall(ours)
  if (wanted(19)) await databases(ours)
  const { values } = parseArgs({ options: { write: { type: "string" } } })
  if (values.write !== undefined) write(values.write)
} finally {
  await kraken.stop()
  ours.remove()
}
