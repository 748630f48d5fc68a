import { Data, Effect } from "effect"
import type { ChildProcessWithoutNullStreams } from "node:child_process"
import { once } from "node:events"

class EndedTooSoon extends Data.TaggedError("EndedTooSoon")<{ readonly message: string }> {}

/** A server or test exchange that a command has started. */
export interface Server {
  /** Waits until it serves, and returns its output so far. Fails if the process ends first. */
  readonly serves: Effect.Effect<string, EndedTooSoon>
  readonly end: () => Promise<void>
}

export const serverOf = (child: ChildProcessWithoutNullStreams): Server => {
  const [out, said] = [heard(child.stdout), heard(child.stderr)]
  const closed = once(child, "close")
  const serves = Effect.async<string, EndedTooSoon>((resume) => {
    const look = () => {
      if (/mcp-kraken serves |A simulated Kraken answers at [\s\S]*\/admin/.test(out() + said())) {
        resume(Effect.succeed(out() + said()))
      }
    }
    child.stdout.on("data", look)
    child.stderr.on("data", look)
    child.once("close", () => resume(new EndedTooSoon({ message: `It ended before it served: ${said()}` })))
  })
  return {
    serves,
    end: () => {
      const runs = child.exitCode === null && child.signalCode === null
      if (runs && child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
      return closed.then(() => undefined)
    }
  }
}

/** Collects the output of a stream, and returns a function that reads it so far. */
export const heard = (stream: NodeJS.ReadableStream) => {
  let text = ""
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk
  })
  return () => text
}
