import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { execPath, version } from "node:process"
import { fileURLToPath } from "node:url"

const suite = fileURLToPath(
  new URL("../../node_modules/@modelcontextprotocol/conformance/dist/index.js", import.meta.url)
)

/** A shim for Node 20, since the suite uses a function of version 22. */
const onNode20 =
  Number(version.slice(1).split(".")[0]) < 22 ? ["--import", new URL("node20.mjs", import.meta.url).href] : []

export interface Verdict {
  readonly passed: number
  readonly failed: number
}

/** Runs the suite of one protocol revision against a server. Returns its exit code, its output, and the result of each scenario. */
export const referee = (url: string, revision: string) =>
  Effect.promise(() => {
    const args = ["server", "--url", url, "--requirements", revision]
    const child = spawn(execPath, [...onNode20, suite, ...args], { stdio: ["ignore", "pipe", "inherit"] })
    let output = ""
    child.stdout.on("data", (chunk: Buffer) => {
      output += String(chunk)
    })
    return once(child, "close").then(([code]: Array<number | null>) => ({
      code: code ?? 1,
      output,
      verdicts: verdictsIn(output)
    }))
  })

const verdictsIn = (output: string): ReadonlyMap<string, Verdict> =>
  new Map(
    Array.from(output.matchAll(/^[✓✗] ([\w-]+): (\d+) passed, (\d+) failed/gm), ([, name = "", passed, failed]) => [
      name,
      { passed: Number(passed), failed: Number(failed) }
    ])
  )
