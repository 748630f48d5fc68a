import { Context, type Effect, type Option, Schema } from "effect"
import type { ServerLimits } from "../domain/mandates/mandate.ts"
import type { Endpoint, Intent } from "../domain/endpoints/endpoints.ts"
import type { AnyOf } from "../domain/keys/permissions.ts"
import type { KrakenCredentialsMissing, KrakenPermissionError, KrakenUnavailable } from "./KrakenErrors.ts"
import type { NotAllowed } from "./LimitErrors.ts"
import type { Principal } from "./Principal.ts"

/** A write that a read-only server refuses. Nothing was sent. */
export class ReadOnlyMode extends Schema.TaggedError<ReadOnlyMode>()("ReadOnlyMode", { tool: Schema.String }) {
  override get message() {
    return `${this.tool} would change the account, and this server only reads.`
  }
}

/** The errors with which `authorize` refuses a call. Nothing was sent. */
export type Refusal = ReadOnlyMode | NotAllowed | KrakenPermissionError | KrakenCredentialsMissing | KrakenUnavailable

/** The properties of a tool by which a policy decides. */
export interface ToolFacts {
  readonly name: string
  /** Undefined for a tool that needs no endpoint. */
  readonly endpoint: Endpoint | undefined
  readonly intent: Intent
  /** Any of these sets of key permissions is enough. */
  readonly permissions: AnyOf
}

/** The properties by which a server offers a tool, a resource or a prompt. */
export interface Offer {
  /** The name of its toolset; `general` is always offered. */
  readonly toolset: string
  /** A read-only server offers it, since it never writes, or writes only with arguments for which `authorize` fails. */
  readonly mayRead: boolean
  readonly name: string
  /** True for a tool of the toolset `essential`, which selects from all the others. */
  readonly isEssential?: boolean
  /** Absent if it asks Kraken nothing, or only reads. */
  readonly endpoint?: Endpoint | undefined
}

/**
 * Decides which tools a principal may use and see: by the settings of the server, the access and the toolsets of its
 * mandate, and the permissions of the API key. The first of them that refuses is named. Limits on money are not decided
 * here, since they need prices.
 */
export class Policy extends Context.Tag("mcp-kraken/services/Policy")<
  Policy,
  {
    /** The limits that all callers share. */
    readonly serverLimits: Option.Option<ServerLimits>
    /** Checks that the server has a tool, a resource or a prompt, for some principal. */
    readonly serves: (offer: Offer) => boolean
    /** Fails if the mandate of the principal does not offer the toolset. Nothing is known of the arguments yet. */
    readonly admit: (offer: Offer) => Effect.Effect<void, NotAllowed, Principal>
    /** Fails if a call is not allowed. `reads` is true if the call changes nothing with these arguments. */
    readonly authorize: (call: ToolFacts & { readonly reads: boolean }) => Effect.Effect<void, Refusal, Principal>
    /** Checks that a tool, a resource or a prompt is offered to the principal. */
    readonly offers: (offer: Offer) => Effect.Effect<boolean, never, Principal>
    /** Selects the tools that lists show to the principal, in the given order. Tools that the API key may not use can be hidden. */
    readonly visible: <T extends ToolFacts & Offer>(
      tools: ReadonlyArray<T>
    ) => Effect.Effect<ReadonlyArray<T>, never, Principal>
  }
>() {}
