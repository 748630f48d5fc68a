import { Effect } from "effect"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import process from "node:process"
import { bundle } from "../Bundle.ts"

/** The program of util-linux that gives a command a terminal (Debian: `apt install bsdutils`). */
const script = "/usr/bin/script"

/** False if that program is missing. That of macOS has other options. */
export const hasTerminals = process.platform === "linux" && existsSync(script)

/**
 * Runs a command on a terminal, on which a line is typed. `meanwhile` runs between the question and the line. `shown` is all
 * that the terminal shows.
 */
export const onTerminal = (
  words: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  line: string,
  meanwhile: () => void = () => {}
) =>
  Effect.async<{ readonly code: number | null; readonly shown: string }>((done) => {
    const command = [process.execPath, bundle(), ...words].map((word) => `'${word}'`).join(" ")
    const child = spawn(script, ["--quiet", "--return", "--command", command, "/dev/null"], {
      env: { SHELL: "/bin/sh", ...env },
      stdio: ["pipe", "pipe", "ignore"]
    })
    let shown = ""
    child.stdout.on("data", (chunk: Buffer) => {
      // Text that is typed before the question would be lost.
      if (!shown.includes("Type ") && String(shown + String(chunk)).includes("Type ")) {
        meanwhile()
        child.stdin.write(`${line}\n`)
      }
      shown += String(chunk)
    })
    child.once("close", (code) => done(Effect.succeed({ code, shown })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })
