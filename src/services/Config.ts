import { Context, type Duration, type LogLevel, type Option, type Redacted } from "effect"
import type { ServedToolset } from "./Toolset.ts"
import type { Tier } from "../domain/endpoints/rateCosts.ts"
import type { KrakenAccountName } from "./KrakenAccount.ts"
import type { Mandate, ServerLimits } from "../domain/mandates/mandate.ts"

export interface Credentials {
  readonly key: Redacted.Redacted
  /** Base64, as Kraken shows it. */
  readonly secret: Redacted.Redacted
  /** A static second factor, sent with every private call. */
  readonly otp: Option.Option<Redacted.Redacted>
}

/** A Kraken account besides the one of the API key without a name. */
export interface KrakenAccount {
  readonly name: KrakenAccountName
  /** None in paper mode. */
  readonly credentials: Option.Option<Credentials>
  readonly tier: Tier | "off"
}

/** The address of a listener. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** The receiver of notifications: a topic of ntfy, or an address that takes JSON. */
export interface NotificationTarget {
  readonly kind: "ntfy" | "webhook"
  /** Whoever knows it can forge notifications, so it is never shown. */
  readonly url: Redacted.Redacted
}

/** The settings of the process, decoded once at start-up. `.env.example` describes each setting. */
export class Config extends Context.Tag("mcp-kraken/services/Config")<
  Config,
  {
    /** If absent, only public tools work. */
    readonly credentials: Option.Option<Credentials>
    /** The accounts with names. */
    readonly accounts: ReadonlyArray<KrakenAccount>
    /** The account whose credentials and tier these are, and on which callers without a token act. */
    readonly account: KrakenAccountName
    /** The account that tools act on: that of the credentials, or a simulated one. */
    readonly mode: "live" | "paper"
    /** Without a trailing slash and without `/0`. */
    readonly baseUrl: string
    /** The use of Kraken's WebSocket: once something is looked at, from the start, or never. */
    readonly feed: "auto" | "on" | "off"
    /** The addresses of Kraken's WebSocket. */
    readonly feedUrls: { readonly market: string; readonly account: string }
    readonly httpTimeout: Duration.Duration
    readonly host: string
    readonly port: number
    /** Begins with a slash and does not end with one. Empty for the root. */
    readonly path: string
    readonly tls: Option.Option<{ readonly keyFile: string; readonly certFile: string }>
    readonly tokenDb: string
    /** The folder of nonces and paper accounts, the same for all processes of a user. */
    readonly stateDir: string
    /** The address of the database of PostgreSQL that holds the state. If undefined, SQLite files hold it. */
    readonly databaseUrl: Redacted.Redacted | undefined
    readonly authDisabled: boolean
    /** Host names or origins, besides loopback, that browser requests can come from. */
    readonly allowedOrigins: ReadonlyArray<string>
    /** If empty, Host is checked only on loopback or without authentication. */
    readonly allowedHosts: ReadonlyArray<string>
    /** True if `?apikey=` is accepted in place of the Authorization header. */
    readonly queryToken: boolean
    readonly toolsets: ReadonlyArray<ServedToolset>
    readonly readOnly: boolean
    /** True if `tools/list` leaves out tools for which the key has no permission. */
    readonly hideDenied: boolean
    /** Kraken's verification tier, which sets the rate limits; `off` disables this program's own limits. */
    readonly tier: Tier | "off"
    /** The market that fills paper orders. If unset, live prices if Kraken's public API answers. */
    readonly paperMarket: "synthetic" | "live" | undefined
    /** The initial balances of a paper account, decimals by asset. */
    readonly paperBalances: Readonly<Record<string, string>>
    /** The time until an order's `deadline` if the caller gives none. */
    readonly orderDeadline: Duration.Duration
    /** The mandate of callers without a token. If absent, they have no limits of their own. */
    readonly localMandate: Option.Option<Mandate>
    /** The flags whose settings made that mandate, such as `budget`. */
    readonly localTerms: ReadonlyArray<string>
    /** The limits that all callers of the account share. */
    readonly serverLimits: Option.Option<ServerLimits>
    /** The address at which the page of approvals listens. If undefined, there is no page. */
    readonly operator: ListenAddress | undefined
    /** The address by which browsers reach that page, without a slash at its end, if it differs from that of the listener. */
    readonly operatorUrl: string | undefined
    /** The receiver of notifications. If undefined, nobody is notified. */
    readonly notify: NotificationTarget | undefined
    readonly logLevel: LogLevel.LogLevel
    readonly logFormat: "logfmt" | "json"
    /** True if the log shows the amounts of writes. */
    readonly logAmounts: boolean
    /** The way in which metrics are served: not at all, to bearers of a token, or on a listener of their own. */
    readonly metrics: "off" | "token" | ListenAddress
    /** The address of a collector of OpenTelemetry, without a slash at its end. If undefined, nothing is sent. */
    readonly otlpEndpoint: string | undefined
    readonly otlpHeaders: Redacted.Redacted<Readonly<Record<string, string>>> | undefined
    /** The share of calls that are traced, from 0 to 1, unless the client decides. */
    readonly traceShare: number
    /** The path of a `.env` in the working directory that was not read. */
    readonly unreadFile: Option.Option<string>
    /** Notices about the settings for the operator, logged when the server starts. */
    readonly notices: ReadonlyArray<string>
  }
>() {}
