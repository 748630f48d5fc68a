import type { CallFailure } from "../../services/CallFailure.ts"

/** The exit codes of `call`, by which a script decides what to do next. */
export const exitCodes = {
  done: 0,
  refused: 1,
  usage: 2,
  notPlaced: 3,
  unknown: 4,
  duplicate: 5,
  waiting: 6,
  stopped: 130
} as const satisfies { readonly [Failure in CallFailure]: number } & { readonly [name: string]: number }

/** The table of exit codes below the help of `call`. */
export const exitCodesHelp = `
EXIT CODES
  0    Done; the answer is on standard output
  1    The call was refused; nothing was done
  2    The command line, the arguments or the settings are wrong: nothing was sent
  3    Some or all of it was not carried out; an answer names the part
  4    Unknown: it, or an identical earlier call, might have been carried out. Check before repeating it
  5    Not sent again: an identical earlier call was carried out; the answer is that of the earlier one
  6    The write waits for approval, and is sent once approved
  130  Ended by a signal before anything was sent
`

/**
 * Returns the exit code of an answer. It can tell that nothing was sent, or that a part was not carried out: orders of a
 * batch that failed, or orders that are still open after a cancel.
 */
export const exitCodeOf = ({ failed, left, placed }: { readonly [field: string]: unknown }): number => {
  if (placed === false) return exitCodes.duplicate
  const isPartial = (typeof failed === "number" && failed > 0) || (Array.isArray(left) && left.length > 0)
  return isPartial ? exitCodes.notPlaced : exitCodes.done
}
