import { Effect } from "effect"
import process from "node:process"

/**
 * Characters that a terminal obeys or hides instead of printing: control characters, also those of 8 bits, bidirectional
 * and other formatting, line separators, halves of a character, and private ones.
 */
const obeyed = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu

const escaped = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`
  ).join("")

/** Shows text of unknown origin as it is, except that a terminal does not obey any of it. */
export const visible = (text: string): string => text.replaceAll(obeyed, escaped)

/** Prints a value as JSON that a terminal can show. It decodes to the same value. */
export const visibleJson = (value: unknown, indent = 0): string =>
  JSON.stringify(value, undefined, indent).replaceAll(obeyed, (text) => (text === "\n" ? text : escaped(text)))

/**
 * Writes text to standard output as it is. The console of the command line would tidy what looks like help. A reader
 * that has gone away is no error.
 */
export const writeOut = (text: string): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    process.stdout.once("error", () => resume(Effect.void))
    process.stdout.write(text, () => resume(Effect.void))
  })
