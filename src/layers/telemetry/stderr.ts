import process from "node:process"

/** What is logged in this turn of the event loop and still to be written. */
let waiting = ""

/** Writes what waits. A log that is closed, or on a full disk, is no reason to end: a write may be unsettled. */
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
 * Stdout belongs to the protocol, and to what commands print. The lines of one turn of the event loop are one write: under
 * load a write a line is a good part of what a call costs. What may be the last that is heard of the process does not
 * wait: what is urgent leaves at once, with the lines before it, and all of them before the process exits, be it for an
 * error that nobody caught.
 */
export const toStderr = (line: string, urgent: boolean): void => {
  if (waiting === "") setImmediate(flush)
  waiting += `${line}\n`
  if (urgent) flush()
}

process.on("exit", flush)

// Most errors of a stream come as an event, which ends the process if nobody listens.
process.stderr.on("error", () => undefined)
