import { Effect, Layer, Option, Redacted } from "effect"
import process from "node:process"
import { NoPassphrase, Passphrase } from "../../services/OperatorSecret.ts"
import { readLines } from "./readLines.ts"
import { askHidden } from "./askHidden.ts"

/** The fewest characters of a new passphrase. */
export const leastCharacters = 12

/** The most characters that are read. */
const mostCharacters = 1000

/**
 * Asks for passphrases on the terminal, without showing them; a new one has to be typed twice. With a file descriptor, each
 * passphrase is one line that is read from it, for automation.
 */
export const PassphraseTerminal = (descriptor: Option.Option<number>): Layer.Layer<Passphrase> =>
  Layer.sync(Passphrase, () => {
    const ask: Ask = Option.match(descriptor, { onNone: () => typed, onSome: linesOf })
    return {
      ask: (act) => ask(act, `Operator passphrase (${act}): `),
      choose: Effect.fnUntraced(function* (act) {
        const chosen = yield* ask(act, `New operator passphrase, at least ${leastCharacters} characters: `)
        const fault = faultOf(Redacted.value(chosen))
        if (fault !== undefined) return yield* new NoPassphrase({ act, reason: fault })
        if (Option.isSome(descriptor)) return chosen
        const again = yield* ask(act, "The same again: ")
        return Redacted.value(again) === Redacted.value(chosen)
          ? chosen
          : yield* new NoPassphrase({ act, reason: "the two passphrases differ." })
      })
    }
  })

/** Gets a passphrase for an act. The prompt is for a person. */
type Ask = (act: string, prompt: string) => Effect.Effect<Redacted.Redacted, NoPassphrase>

const faultOf = (passphrase: string): string | undefined => {
  if (Array.from(passphrase).length < leastCharacters)
    return `the passphrase is shorter than ${leastCharacters} characters.`
  return passphrase.trim() === passphrase ? undefined : "the passphrase begins or ends with a space."
}

/** A program can answer on a pipe, so only a terminal counts as a person. */
const typed = (act: string, prompt: string) =>
  process.stdin.isTTY
    ? Effect.flatMap(askHidden(prompt, mostCharacters), (given) =>
        given === undefined
          ? new NoPassphrase({ act, reason: "no passphrase was typed." })
          : Effect.succeed(Redacted.make(given))
      )
    : new NoPassphrase({
        act,
        reason: "it is asked for on a terminal, and standard input is not one. For automation: --passphrase-fd N"
      })

/** Reads the next line each time. */
const linesOf = (descriptor: number) => {
  const lines = readLines(descriptor, mostCharacters)
  let next = 0
  return Effect.fnUntraced(function* (act: string) {
    const failed = (reason: string) => new NoPassphrase({ act, reason: `file descriptor ${descriptor} ${reason}` })
    const line = (yield* Effect.mapError(lines, failed))[next++]
    return line === undefined || line === ""
      ? yield* failed("has no passphrase, or too few lines.")
      : Redacted.make(line)
  })
}
