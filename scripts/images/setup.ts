import { Data, Effect } from "effect"
import { spawn } from "node:child_process"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { execPath } from "node:process"
import { screenOf } from "./screen.ts"

/** The program of util-linux that gives a command a terminal (Debian: `apt install bsdutils`). */
const script = "/usr/bin/script"

class SetupFailed extends Data.TaggedError("SetupFailed")<{ readonly message: string }> {}

/**
 * Runs `setup` of a built program on a terminal, in a home with Cursor, and answers with the first choices. Returns the lines to
 * draw: the second question as it is asked, and what comes after it.
 */
export const setupLines = Effect.fnUntraced(function* (entry: string, home: string) {
  mkdirSync(join(home, ".cursor"))
  const { output, question } = yield* answered(entry, home)
  const [asked, ended] = [screenOf(question), screenOf(output)]
  const done = ended.slice(ended.findIndex((line) => line.includes("What should they")) + 1)
  return ["$ mcp-kraken setup", ...asked, "", ...done]
    .map((line) => line.replaceAll(home, "~").replace(/(mcp-kraken \d+\.\d+\.\d+)\S*/, "$1"))
    .join("\n")
    .trimEnd()
    .split("\n")
})

/** Answers both questions by Enter. `question` is the output until the second one is asked. */
const answered = (entry: string, home: string) =>
  Effect.async<{ readonly output: string; readonly question: string }, SetupFailed>((resume) => {
    const command = [execPath, entry, "setup"].map((word) => `'${word}'`).join(" ")
    const child = spawn(script, ["--quiet", "--return", "--command", command, "/dev/null"], {
      cwd: home,
      env: { SHELL: "/bin/sh", TERM: "xterm", HOME: home },
      stdio: ["pipe", "pipe", "ignore"]
    })
    let [output, question] = ["", ""]
    let isFirst = true
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk
      // The line of keys is the last one that a question shows.
      if (isFirst && /Which clients[^]*submit/.test(output)) {
        isFirst = false
        child.stdin.write("\r")
      }
      if (question === "" && /What should they[^]*navigate[^]*select/.test(output)) {
        question = output
        child.stdin.write("\r")
      }
    })
    child.once("close", (code) =>
      resume(code === 0 ? Effect.succeed({ output, question }) : new SetupFailed({ message: output }))
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })
