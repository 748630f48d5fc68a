import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import type { JSONRPCMessage, JSONRPCRequest } from "@modelcontextprotocol/sdk/types.js"
import { Effect } from "effect"
import type { Id } from "../protocol/messages.ts"
import type { Response } from "../protocol/serverDefinition.ts"

/**
 * Many callers on one SDK server: each request gets an id of ours, by which its answer finds back. Clients choose their
 * ids freely, so theirs never reach the server; neither does what one would cancel by id.
 */
export class SdkTransport implements Transport {
  onmessage?: NonNullable<Transport["onmessage"]>
  onclose?: NonNullable<Transport["onclose"]>
  #next = 1
  /** The request that the server is being handed. */
  #handed: Id | undefined
  readonly #waiting = new Map<Id, (response: Response) => void>()

  start() {
    return Promise.resolve()
  }

  close() {
    this.onclose?.()
    return Promise.resolve()
  }

  /** Where the SDK's answers come out. */
  send(message: JSONRPCMessage) {
    if (("result" in message || "error" in message) && message.id !== undefined) {
      const end = this.#waiting.get(message.id)
      this.#waiting.delete(message.id)
      end?.(message)
    }
    return Promise.resolve()
  }

  /** Puts a request to the server. Interrupting it cancels the request. */
  request(request: JSONRPCRequest): Effect.Effect<Response> {
    return Effect.async((resume) => {
      const id = this.#next++
      this.#waiting.set(id, (response) => resume(Effect.succeed({ ...response, id: request.id })))
      this.#handed = id
      this.onmessage?.({ ...request, id })
      this.#handed = undefined
      return Effect.sync(() => {
        this.#waiting.delete(id)
        this.onmessage?.({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } })
      })
    })
  }

  /** The server takes what it is being handed for no request, and will not answer it. */
  refuse() {
    const id = this.#handed
    if (id !== undefined) {
      void this.send({ jsonrpc: "2.0", id, error: { code: -32602, message: "Invalid params" } })
    }
  }

  /** How many requests are under way. */
  get size() {
    return this.#waiting.size
  }
}
