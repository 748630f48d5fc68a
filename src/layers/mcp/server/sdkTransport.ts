import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js"
import { Effect } from "effect"
import type { Id, Request } from "../protocol/messages.ts"
import type { Response } from "../protocol/serverDefinition.ts"

/**
 * A transport on which many callers share one SDK server. Each request gets an id of ours, and its response is matched by
 * that id. Clients choose their ids freely, so their ids and their cancellations never reach the server.
 */
export class SdkTransport implements Transport {
  onmessage?: NonNullable<Transport["onmessage"]>
  onclose?: NonNullable<Transport["onclose"]>
  #next = 1
  /** The id of the request that is being passed to the server. */
  #delivering: number | undefined
  readonly #waiting = new Map<Id, (response: Response) => void>()

  start() {
    return Promise.resolve()
  }

  close() {
    this.onclose?.()
    return Promise.resolve()
  }

  /** Receives a response of the SDK. */
  send(message: JSONRPCMessage) {
    if (("result" in message || "error" in message) && message.id !== undefined) {
      const end = this.#waiting.get(message.id)
      this.#waiting.delete(message.id)
      end?.(message)
    }
    return Promise.resolve()
  }

  /** Sends a request to the server and waits for its response. Interrupting it cancels the request. */
  request(request: Request): Effect.Effect<Response> {
    return Effect.async((resume) => {
      const { method, params } = request
      const id = this.#next++
      this.#waiting.set(id, (response) => resume(Effect.succeed({ ...response, id: request.id })))
      this.#delivering = id
      this.onmessage?.({ jsonrpc: "2.0", id, method, ...(params !== undefined && { params }) })
      this.#delivering = undefined
      return Effect.sync(() => {
        this.#waiting.delete(id)
        this.onmessage?.({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } })
      })
    })
  }

  /** Answers the request that is being passed to the server, which does not recognise it and will not answer it. */
  refuse() {
    const id = this.#delivering
    if (id !== undefined) {
      void this.send({ jsonrpc: "2.0", id, error: { code: -32602, message: "Invalid params" } })
    }
  }

  /** The number of requests that are not answered yet. */
  get size() {
    return this.#waiting.size
  }
}
