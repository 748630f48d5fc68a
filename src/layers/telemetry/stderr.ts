import process from "node:process"

/** Lines of this turn of the event loop that are not written yet. */
let waiting = ""

/** Writes the waiting lines. A closed log or a full disk must not end the process, since a write might be unsettled. */
const flush = (): void => {
  const text = waiting
  waiting = ""
  if (text === "") return
  try {
    process.stderr.write(text)
  } catch {
    // The lines are lost.
  }
}

/**
 * Writes a line of the log to stderr, since stdout carries the protocol or the output of a command. Lines of one turn
 * of the event loop are written together: under load, a write for each line is a good part of the cost of a call. An
 * urgent line is written at once together with the lines before it, and all lines are written before the process exits,
 * also after an uncaught error.
 */
export const toStderr = (line: string, urgent: boolean): void => {
  if (waiting === "") setImmediate(flush)
  waiting += `${line}\n`
  if (urgent) flush()
}

process.on("exit", flush)

// Most errors of a stream arrive as an event, which ends the process if it has no listener.
process.stderr.on("error", () => undefined)
