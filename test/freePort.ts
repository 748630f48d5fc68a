import { Effect } from "effect"
import { createServer, type AddressInfo } from "node:net"

/** A port of this machine on which nothing listens. */
export const freePort = Effect.async<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})
