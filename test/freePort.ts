import { Effect } from "effect"
import { createServer } from "node:net"
import process from "node:process"

/**
 * The next port to try, below the range from which systems assign ports. So no other socket takes it by chance between
 * the check and the server's start. Concurrent test processes begin at different ports.
 */
let next = 10_000 + (process.pid % 40) * 500

/** Finds a port of this machine on which nothing listens, a new one each time. */
export const freePort: Effect.Effect<number> = Effect.suspend(() => {
  const port = next++
  return Effect.async<boolean>((resume) => {
    const server = createServer()
      .once("error", () => resume(Effect.succeed(false)))
      .listen(port, "127.0.0.1", () => server.close(() => resume(Effect.succeed(true))))
  }).pipe(Effect.flatMap((isFree) => (isFree ? Effect.succeed(port) : freePort)))
})
