import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import type {
  JSONRPCErrorResponse,
  JSONRPCMessage,
  JSONRPCRequest,
  JSONRPCResultResponse
} from "@modelcontextprotocol/sdk/types.js"
import type { Option } from "effect"
import type { Caller } from "../../services/CallFacts.ts"
import type { Json } from "./messages.ts"

export type Response = JSONRPCResultResponse | JSONRPCErrorResponse

/** Who asks, and what the edge knows beside the message itself. */
export interface Asking {
  readonly caller: Caller
  readonly era: "stateless" | "handshake"
  /** What the client can do, where it said so. */
  readonly client: Option.Option<Json>
  /** Of an earlier round, as they came. */
  readonly answers?: Json
  readonly requestState?: string
  /** Takes notifications, and in the era of handshakes requests too, to the client while it waits; absent: no way. */
  readonly send?: (message: object) => void
}

type Id = JSONRPCRequest["id"]

interface Pending {
  /** As the client sent it, with an id of its own. */
  readonly message: JSONRPCRequest
  readonly asking: Asking
  readonly end: (response: Response) => void
}

/**
 * Many callers on one SDK server: each request gets an id of ours, by which its answer finds back. Clients choose their
 * ids freely, so theirs never reach the server; neither does what one would cancel by id. Until the server is there,
 * requests wait.
 */
export class Mux implements Transport {
  onmessage?: NonNullable<Transport["onmessage"]>
  onclose?: NonNullable<Transport["onclose"]>
  #next = 1
  /** The request that the server is being handed. */
  #handed: Id | undefined
  readonly #pending = new Map<Id, Pending>()
  readonly #wanted: () => void

  /** `wanted` hears that the server is needed and not there. */
  constructor(wanted = () => {}) {
    this.#wanted = wanted
  }

  start() {
    for (const id of this.#pending.keys()) this.#hand(id)
    return Promise.resolve()
  }

  close() {
    this.onclose?.()
    return Promise.resolve()
  }

  /** Where the SDK's answers come out. */
  send(message: JSONRPCMessage) {
    if ("result" in message || "error" in message) {
      const id = message.id
      const pending = id === undefined ? undefined : this.#pending.get(id)
      if (pending !== undefined && id !== undefined) {
        this.#pending.delete(id)
        pending.end({ ...message, id: pending.message.id })
      }
    }
    return Promise.resolve()
  }

  /** Puts a request to the server. What comes back cancels it: it is interrupted, and `end` is not called. */
  request(message: JSONRPCRequest, asking: Asking, end: (response: Response) => void): () => void {
    const id = this.#next++
    this.#pending.set(id, { message, asking, end })
    this.want()
    this.#hand(id)
    return () => {
      if (this.#pending.delete(id)) {
        this.onmessage?.({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } })
      }
    }
  }

  /** Calls for the server, where it is not there yet. */
  want() {
    if (this.onmessage === undefined) this.#wanted()
  }

  #hand(id: Id) {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#handed = id
    this.onmessage?.({ ...pending.message, id })
    this.#handed = undefined
  }

  /** The server takes what it is being handed for no request, and will not answer it. */
  refuse() {
    const id = this.#handed
    if (id !== undefined) {
      void this.send({ jsonrpc: "2.0", id, error: { code: -32602, message: "Invalid params" } })
    }
  }

  /** Who asks what the server knows by this id. */
  asking(id: Id): Asking | undefined {
    return this.#pending.get(id)?.asking
  }

  /** How many requests are under way. */
  get size() {
    return this.#pending.size
  }
}
