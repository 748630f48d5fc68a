import type { Transport, TransportSendOptions } from "@modelcontextprotocol/sdk/shared/transport.js"
import type {
  JSONRPCErrorResponse,
  JSONRPCMessage,
  JSONRPCNotification,
  JSONRPCRequest,
  JSONRPCResultResponse,
  MessageExtraInfo
} from "@modelcontextprotocol/sdk/types.js"
import { Effect } from "effect"

export type Response = JSONRPCResultResponse | JSONRPCErrorResponse

interface Pending {
  /** The client's own id of the request. */
  readonly id: JSONRPCRequest["id"]
  readonly resolve: (response: Response) => void
  readonly onNotification: ((notification: JSONRPCNotification) => void) | undefined
}

/**
 * Many callers on one SDK server: each request gets an id of ours, by which its answer and its notifications find back.
 * Clients choose their ids freely, so theirs never reach the server; neither does what one would cancel by id.
 */
export class Mux implements Transport {
  onmessage?: NonNullable<Transport["onmessage"]>
  onclose?: NonNullable<Transport["onclose"]>
  #next = 1
  readonly #pending = new Map<JSONRPCRequest["id"], Pending>()

  start() {
    return Promise.resolve()
  }

  close() {
    this.onclose?.()
    return Promise.resolve()
  }

  send(message: JSONRPCMessage, options?: TransportSendOptions) {
    if ("result" in message || "error" in message) {
      const id = message.id
      const pending = id === undefined ? undefined : this.#pending.get(id)
      if (pending !== undefined && id !== undefined) {
        this.#pending.delete(id)
        pending.resolve({ ...message, id: pending.id })
      }
    } else if (!("id" in message) && options?.relatedRequestId !== undefined) {
      this.#pending.get(options.relatedRequestId)?.onNotification?.(message)
    }
    return Promise.resolve()
  }

  /** Its answer; interrupting it cancels the request on the server. */
  request(
    message: JSONRPCRequest,
    extra: MessageExtraInfo,
    onNotification?: (notification: JSONRPCNotification) => void
  ): Effect.Effect<Response> {
    return Effect.async<Response>((resume) => {
      const id = this.#next++
      this.#pending.set(id, {
        id: message.id,
        resolve: (response) => resume(Effect.succeed(response)),
        onNotification
      })
      this.onmessage?.({ ...message, id }, extra)
      return Effect.sync(() => {
        this.#pending.delete(id)
        this.onmessage?.({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } })
      })
    })
  }

  /** How many requests are under way. */
  get size() {
    return this.#pending.size
  }
}
