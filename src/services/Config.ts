import { Context, type Duration, type LogLevel, type Option, type Redacted } from "effect"
import type { ToolsetName } from "./Toolset.ts"
import type { Tier } from "../domain/endpoints/rateCosts.ts"

export interface Credentials {
  readonly key: Redacted.Redacted
  /** Base64, as Kraken shows it. */
  readonly secret: Redacted.Redacted
  /** A static second factor, sent with every private call. */
  readonly otp: Option.Option<Redacted.Redacted>
}

/** Everything the process reads from its environment, decoded once at start-up. `.env.example` tells each setting. */
export class Config extends Context.Tag("mcp-kraken/services/Config")<
  Config,
  {
    /** Absent, only public tools work. */
    readonly credentials: Option.Option<Credentials>
    /** The account that tools act on: that of the credentials, or a simulated one. */
    readonly mode: "live" | "paper"
    /** Without a trailing slash and without `/0`. */
    readonly baseUrl: string
    readonly httpTimeout: Duration.Duration
    readonly host: string
    readonly port: number
    /** Begins with a slash and does not end with one; empty for the root. */
    readonly path: string
    readonly tls: Option.Option<{ readonly keyFile: string; readonly certFile: string }>
    readonly tokenDb: string
    /** Where nonces live, the same for all processes of a user. */
    readonly stateDir: string
    readonly authDisabled: boolean
    /** Host names or origins beside loopback that a browser may come from. */
    readonly allowedOrigins: ReadonlyArray<string>
    /** Empty: Host is not checked, unless bound to loopback or without authentication. */
    readonly allowedHosts: ReadonlyArray<string>
    /** Whether `?apikey=` is accepted in place of the Authorization header. */
    readonly queryToken: boolean
    readonly toolsets: ReadonlyArray<ToolsetName>
    readonly readOnly: boolean
    /** Leave tools that the key may not use out of `tools/list`. */
    readonly hideDenied: boolean
    /** Kraken's verification tier, which sets the rate limits; `off` switches every gate off. */
    readonly tier: Tier | "off"
    /** Where paper orders are filled; unset, on live prices where Kraken's public API answers. */
    readonly paperMarket: "synthetic" | "live" | undefined
    /** What a new paper account has, in decimals by asset. */
    readonly paperBalances: Readonly<Record<string, string>>
    /** How far ahead an order's `deadline` is set when the caller gives none. */
    readonly orderDeadline: Duration.Duration
    readonly logLevel: LogLevel.LogLevel
    readonly logFormat: "logfmt" | "json"
    /** The path of a `.env` in the working directory that is there and was not read. */
    readonly unreadFile: Option.Option<string>
    /** What the operator should be told of the settings when the server starts. */
    readonly notices: ReadonlyArray<string>
  }
>() {}
