import { Data, Effect, Option } from "effect"
import { createReadStream } from "node:fs"
import { createInterface } from "node:readline"
import process from "node:process"

/** Trading is not allowed again: exit code 1. */
export class ResumeRefusal extends Data.TaggedError("ResumeRefusal")<{ readonly message: string }> {}

/** The word that confirms. A program that answers every question with yes does not write it. */
const word = "resume"

/**
 * Lets only a person resume: a word that is typed on a terminal, or read from a file descriptor for automation. `hasSecret`
 * says that an operator secret is set, which then has to be given instead.
 */
export const mayResume = Effect.fn("resume.confirm")(function* (hasSecret: boolean, descriptor: Option.Option<number>) {
  if (hasSecret)
    return yield* new ResumeRefusal({
      message: "The operator secret is set, and this version cannot check it. Trading stays frozen."
    })
  const input = Option.match(descriptor, {
    onNone: () => (process.stdin.isTTY ? process.stdin : undefined),
    onSome: (fd) => createReadStream("", { fd, encoding: "utf8" })
  })
  if (input === undefined)
    return yield* new ResumeRefusal({
      message:
        "Standard input is no terminal, so nobody can confirm. Trading stays frozen. For automation: --passphrase-fd N"
    })
  const prompt = Option.isNone(descriptor) ? `Type ${word} to allow trading again: ` : ""
  const line = yield* readLine(input, prompt)
  if (line !== word)
    return yield* new ResumeRefusal({ message: `Not confirmed (expected ${word}). Trading stays frozen.` })
})

/** Reads one line. Undefined at the end of the input, or if it cannot be read. */
const readLine = (input: NodeJS.ReadableStream, prompt: string) =>
  Effect.async<string | undefined>((resume) => {
    process.stderr.write(prompt)
    input.once("error", () => resume(Effect.succeed(undefined)))
    const lines = createInterface({ input })
    lines.once("line", (line) => {
      resume(Effect.succeed(line.trim()))
      lines.close()
    })
    lines.once("close", () => resume(Effect.succeed(undefined)))
    return Effect.sync(() => lines.close())
  })
