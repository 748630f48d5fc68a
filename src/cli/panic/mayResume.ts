import { Effect, Layer, Option } from "effect"
import { createInterface } from "node:readline"
import process from "node:process"
import { OperatorSecretSql } from "../../layers/access/secret/OperatorSecretSql.ts"
import { PassphraseTerminal } from "../../layers/terminal/PassphraseTerminal.ts"
import { OperatorSecret } from "../../services/OperatorSecret.ts"
import { ResumeRefusal } from "./resumeRefusal.ts"

/** The word that confirms. A program that answers every question with yes does not write it. */
const word = "resume"

/**
 * Lets only a person resume: by the operator secret if one is set, which can be read from a file descriptor, and else by a
 * word that is typed on a terminal. A program can answer on a pipe.
 */
export const mayResume = Effect.fn("resume.confirm")(function* (hasSecret: boolean, descriptor: Option.Option<number>) {
  if (hasSecret) {
    const required = Effect.flatMap(OperatorSecret, ({ require }) => require("Allowing trading again"))
    yield* Effect.provide(required, Layer.merge(OperatorSecretSql, PassphraseTerminal(descriptor)))
    return
  }
  if (Option.isSome(descriptor))
    return yield* new ResumeRefusal({
      message:
        "No operator secret is set, so there is no passphrase to give: confirm on a terminal. Trading stays frozen."
    })
  if (!process.stdin.isTTY)
    return yield* new ResumeRefusal({
      message: "Standard input is no terminal, so nobody can confirm. Trading stays frozen."
    })
  if ((yield* readLine(`Type ${word} to allow trading again: `)) !== word)
    return yield* new ResumeRefusal({ message: `Not confirmed (expected ${word}). Trading stays frozen.` })
})

/** Reads one line from the terminal. Undefined at the end of the input. */
const readLine = (prompt: string) =>
  Effect.async<string | undefined>((resume) => {
    process.stderr.write(prompt)
    const lines = createInterface({ input: process.stdin })
    lines.once("line", (line) => {
      resume(Effect.succeed(line.trim()))
      lines.close()
    })
    lines.once("close", () => resume(Effect.sync((): string | undefined => undefined)))
    return Effect.sync(() => lines.close())
  })
