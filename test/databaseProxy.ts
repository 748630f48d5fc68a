import { Effect, Redacted } from "effect"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"

/**
 * Puts a proxy in front of a database. While it is cut, nothing passes: connections break, and new ones are refused like
 * those to a server that restarts.
 */
export const makeDatabaseProxy = (url: Redacted.Redacted) =>
  Effect.acquireRelease(
    Effect.async<{
      /** The address of the database by way of the proxy. */
      readonly url: Redacted.Redacted
      /** Breaks all connections, and lets no new one pass. */
      readonly cut: Effect.Effect<void>
      readonly mend: Effect.Effect<void>
      readonly close: () => void
    }>((resume) => {
      const target = new URL(Redacted.value(url))
      const sockets = new Set<Socket>()
      let isCut = false
      const breakAll = () => {
        for (const socket of sockets) socket.destroy()
        sockets.clear()
      }
      const server = createServer((client) => {
        if (isCut) return client.destroy()
        const database = connect(Number(target.port), target.hostname)
        for (const [from, to] of [
          [client, database],
          [database, client]
        ] as const) {
          sockets.add(from)
          from.on("error", () => to.destroy()).on("close", () => to.destroy())
          from.pipe(to)
        }
      })
      server.listen(0, "127.0.0.1", () => {
        const address = new URL(target)
        address.hostname = "127.0.0.1"
        address.port = String((server.address() as AddressInfo).port)
        resume(
          Effect.succeed({
            url: Redacted.make(address.href),
            cut: Effect.sync(() => {
              isCut = true
              breakAll()
            }),
            mend: Effect.sync(() => {
              isCut = false
            }),
            close: () => {
              breakAll()
              server.close()
            }
          })
        )
      })
    }),
    ({ close }) => Effect.sync(close)
  )
