// Runs programs.
import { spawn, spawnSync } from "node:child_process"

/** Runs a program and returns what it printed and how it ended. */
export const run = (command, args, options = {}) => {
  const { error, signal, status, stderr, stdout } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    ...options
  })
  if (error !== undefined) return { status: undefined, stdout: "", stderr: error.message }
  return { status: status ?? signal, stdout: stdout ?? "", stderr: stderr ?? "" }
}

/** Runs a program that has to succeed, and returns what it printed. */
export const must = (command, args, options) => {
  const { status, stderr, stdout } = run(command, args, options)
  if (status === 0) return stdout.trim()
  throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`)
}

export const succeeds = (command, args) => run(command, args).status === 0

/** Runs a program that has to succeed, and shows what it prints. */
export const show = (command, args, options = {}) => {
  const { status } = run(command, args, { stdio: ["ignore", 2, 2], ...options })
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}`)
}

/** Starts a program whose output is kept. `ended` is its exit code or signal. */
export const begin = (command, args, options = {}) => {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options })
  let text = ""
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (more) => (text += more))
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code, signal) => resolve(code ?? signal))
  })
  return { child, ended, text: () => text }
}

export const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))

/** Asks again until the answer is not undefined, for a minute at most. */
export const until = async (what, ask) => {
  for (let i = 0; i < 240; i++) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await sleep(250)
  }
  throw new Error(`waited in vain for ${what}`)
}
