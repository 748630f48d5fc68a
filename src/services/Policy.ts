import { Context, type Effect, Schema } from "effect"
import type { Endpoint, Intent } from "../domain/endpoints/endpoints.ts"
import type { AnyOf } from "../domain/keys/permissions.ts"
import type { KrakenCredentialsMissing, KrakenPermissionError } from "./KrakenErrors.ts"
import type { Principal } from "./Principal.ts"

/** The server only reads, and this would write. */
export class ReadOnlyMode extends Schema.TaggedError<ReadOnlyMode>()("ReadOnlyMode", { tool: Schema.String }) {
  override get message() {
    return `${this.tool} would change the account, and this server only reads (MCP_KRAKEN_READ_ONLY).`
  }
}

/** What `authorize` refuses with. Nothing was sent. */
export type Refusal = ReadOnlyMode | KrakenPermissionError | KrakenCredentialsMissing

/** A tool as policy sees it. */
export interface ToolFacts {
  readonly name: string
  /** None for a tool that answers by itself. */
  readonly endpoint: Endpoint | undefined
  readonly intent: Intent
  /** Any of these sets of key permissions is enough. */
  readonly permissions: AnyOf
}

/** The place of a tool, or of something that stands for one, in what a server offers. */
export interface Offer {
  /** The name of its toolset; `general` is always offered. */
  readonly toolset: string
  /** A server that only reads offers it: it never writes, or with some arguments only and nothing that hurts. */
  readonly mayRead: boolean
}

/** Decides what a principal may do and what it gets to see. Limits on money are not decided here, since they need prices. */
export class Policy extends Context.Tag("mcp-kraken/services/Policy")<
  Policy,
  {
    /** Refuses a call that may not be made. `reads`: with these arguments it changes nothing. */
    readonly authorize: (call: ToolFacts & { readonly reads: boolean }) => Effect.Effect<void, Refusal, Principal>
    /** Tells whether a tool exists for the principal. */
    readonly offers: (offer: Offer) => Effect.Effect<boolean, never, Principal>
    /** The tools that lists show to the principal, in the order given: fewer than are offered if those that the key may not use are hidden. */
    readonly visible: <T extends ToolFacts & Offer>(
      tools: ReadonlyArray<T>
    ) => Effect.Effect<ReadonlyArray<T>, never, Principal>
  }
>() {}
