import process from "node:process"

/** The time between two checks of the parent process, in milliseconds. */
const interval = 250

/**
 * Calls `onExit` when the shell between npm and this process has ended. `npm start`, `npm run` and `npx` pass a signal to that shell
 * only, which ends and leaves this process running. Does nothing if another program started this process.
 */
export const watchNpmShell = (onExit: () => void, env = process.env, parent = () => process.ppid): void => {
  const { npm_lifecycle_event: event, npm_package_name: name } = env
  if (event !== "npx" && !((event === "start" || event === "mcp-kraken") && name === "mcp-kraken")) return
  const shell = parent()
  const timer = setInterval(() => {
    if (parent() === shell) return
    clearInterval(timer)
    onExit()
  }, interval)
  timer.unref()
}
