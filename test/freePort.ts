import { Effect } from "effect"
import { createServer } from "node:net"
import process from "node:process"

/**
 * Below the ports that systems give out by themselves: between our look and the server's start, nobody else's socket can
 * take one of these by chance. Processes that test side by side begin at different ones.
 */
let next = 10_000 + (process.pid % 40) * 500

/** A port of this machine on which nothing listens, each time another. */
export const freePort: Effect.Effect<number> = Effect.suspend(() => {
  const port = next++
  return Effect.async<boolean>((resume) => {
    const server = createServer()
      .once("error", () => resume(Effect.succeed(false)))
      .listen(port, "127.0.0.1", () => server.close(() => resume(Effect.succeed(true))))
  }).pipe(Effect.flatMap((isFree) => (isFree ? Effect.succeed(port) : freePort)))
})
