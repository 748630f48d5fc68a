import { Effect } from "effect"
import process from "node:process"
import { StringDecoder } from "node:string_decoder"

const [backspace, delete_, interrupt, endOfInput, clearLine] = ["\b", "\u007f", "\u0003", "\u0004", "\u0015"]

/**
 * Asks for a line on the terminal of standard input without showing it. The question goes to standard error, so that the
 * output of a command stays usable. Undefined if nothing is typed, or Ctrl-C.
 */
export const askHidden = (prompt: string, longest: number): Effect.Effect<string | undefined> =>
  Effect.async<string | undefined>((resume) => {
    const { stdin, stderr } = process
    const decoder = new StringDecoder("utf8")
    let typed: ReadonlyArray<string> = []
    const end = () => {
      stdin.off("data", onData)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write("\n")
    }
    const finish = (line: string | undefined) => {
      end()
      resume(Effect.succeed(line === "" ? undefined : line))
    }
    const onData = (chunk: Buffer) => {
      for (const character of decoder.write(chunk)) {
        if (character === "\r" || character === "\n") return finish(typed.join(""))
        if (character === endOfInput || character === interrupt) return finish(undefined)
        if (character === backspace || character === delete_) typed = typed.slice(0, -1)
        else if (character === clearLine) typed = []
        else if (typed.length < longest) typed = [...typed, character]
      }
    }
    // The terminal would show what is typed before this.
    stdin.setRawMode(true)
    stderr.write(prompt)
    stdin.on("data", onData)
    stdin.resume()
    return Effect.sync(end)
  })
