import { tiers } from "../../domain/endpoints/rateCosts.ts"
import { commonAssets } from "../../domain/assets/commonAssets.ts"
import { servedToolsets, toolsetNames } from "../../services/Toolset.ts"
import { mandateTerms, serverSettings } from "./mandateSettings.ts"
import * as Parse from "./parse.ts"

/** A setting: its variable, its accepted values, its default and its purpose. */
export interface Setting<A> {
  readonly name: string
  /** The flag of `serve` that also sets it, without its dashes. */
  readonly flag?: string
  /** The end of the sentence "expected …". */
  readonly expected: string
  /**
   * The default as text, which is parsed like any value. Undefined without a default, or if it depends on the machine.
   */
  readonly fallback?: string
  /** The description of the default in the documents, if it differs from `fallback`. */
  readonly shownDefault?: string
  readonly purpose: string
  /** The heading under which the documents list it. Undefined for the settings without a heading, which come first. */
  readonly section?: string
  /** True if its value is never shown. */
  readonly secret?: true
  readonly parse: Parse.Parse<A>
}

const setting = <S extends Setting<unknown>>(it: S): S => it

const pathOf = (kind: "file" | "folder") => `the path of a ${kind}; ~/ is your home folder`

/**
 * All settings in the order of the documents, under the fields of Config that they set. `.env.example` and the
 * tables of docs/settings.md are generated from them.
 */
export const settings = {
  key: setting({
    name: "KRAKEN_API_KEY",
    expected: "an API key as Kraken shows it, without spaces",
    purpose: "Kraken API key. Without it, only public market data is offered.",
    secret: true,
    parse: Parse.printable
  }),
  secret: setting({
    name: "KRAKEN_API_SECRET",
    expected: "the private key as Kraken shows it: base64, 88 characters",
    purpose: "Private key of the API key, base64.",
    secret: true,
    parse: Parse.base64
  }),
  keyFile: setting({
    name: "KRAKEN_API_KEY_FILE",
    expected: pathOf("file"),
    purpose: "File that contains the API key, instead of KRAKEN_API_KEY (container secrets).",
    parse: Parse.location
  }),
  secretFile: setting({
    name: "KRAKEN_API_SECRET_FILE",
    expected: pathOf("file"),
    purpose: "File that contains the private key, instead of KRAKEN_API_SECRET.",
    parse: Parse.location
  }),
  otp: setting({
    name: "KRAKEN_API_OTP",
    expected: "the static password of the API key",
    purpose: "Second factor of the API key, if it is a static password.",
    secret: true,
    parse: Parse.text
  }),
  accounts: setting({
    name: "MCP_KRAKEN_ACCOUNTS",
    expected:
      "different names separated by commas, each of a lower-case letter, then letters, digits and hyphens; not default, kraken, local or paper",
    fallback: "",
    shownDefault: "none",
    purpose:
      "More Kraken accounts, such as desk,cold. desk has its own KRAKEN_DESK_API_KEY and KRAKEN_DESK_API_SECRET, or the same with _FILE, and can have KRAKEN_DESK_API_OTP and KRAKEN_DESK_TIER.",
    parse: Parse.accountNames
  }),
  account: setting({
    name: "MCP_KRAKEN_ACCOUNT",
    flag: "account",
    expected: "default, or a name of MCP_KRAKEN_ACCOUNTS",
    fallback: "default",
    purpose: "Account of callers without a token. A token opens the account for which it was created.",
    parse: Parse.accountName
  }),
  baseUrl: setting({
    name: "KRAKEN_BASE_URL",
    expected: "an https address, or http on this machine, without query or credentials",
    fallback: "https://api.kraken.com",
    purpose:
      "Address of Kraken's API, for tests. It must come from the same source (environment or file) as the API key.",
    parse: Parse.baseUrl
  }),
  feed: setting({
    name: "MCP_KRAKEN_FEED",
    expected: "auto, on or off",
    fallback: "auto",
    purpose:
      "When to use Kraken's WebSocket for prices, orders and balances: once a caller reads them (auto), from the start (on), or never (off). REST is used while it is not connected.",
    parse: Parse.oneOf("auto", "on", "off")
  }),
  wsUrl: setting({
    name: "KRAKEN_WS_URL",
    expected: "a wss address, or ws on this machine, without query or credentials",
    shownDefault: "wss://ws.kraken.com/v2, or /v2 at KRAKEN_BASE_URL if that is not Kraken's",
    purpose:
      "Address of Kraken's WebSocket for market data, for tests. It must come from the same source as the API key.",
    parse: Parse.webSocketUrl
  }),
  wsAuthUrl: setting({
    name: "KRAKEN_WS_AUTH_URL",
    expected: "a wss address, or ws on this machine, without query or credentials",
    shownDefault: "wss://ws-auth.kraken.com/v2, or /auth/v2 at KRAKEN_BASE_URL if that is not Kraken's",
    purpose:
      "Address of Kraken's WebSocket for the account, for tests. It must come from the same source as the API key.",
    parse: Parse.webSocketUrl
  }),
  mode: setting({
    name: "MCP_KRAKEN_MODE",
    flag: "paper",
    expected: "live or paper",
    shownDefault: "live; without an API key, only public market data",
    purpose:
      "live trades on the account of the API key, which is then required; paper trades on simulated accounts and needs no key. If neither this nor a key is set, only public market data is offered.",
    parse: Parse.oneOf("live", "paper")
  }),
  paperMarket: setting({
    name: "MCP_KRAKEN_PAPER_MARKET",
    flag: "market",
    expected: "synthetic or live",
    shownDefault: "live if Kraken's public API answers, else synthetic",
    purpose:
      "Market that fills paper orders: computed without a network (synthetic), or Kraken's real order books (live).",
    parse: Parse.oneOf("synthetic", "live")
  }),
  paperBalances: setting({
    name: "MCP_KRAKEN_PAPER_BALANCES",
    expected: `amounts above zero such as USD=50000,BTC=1, of ${commonAssets.map(({ display }) => display).join(", ")}`,
    fallback: "USD=10000",
    purpose: "Initial balances of a paper account.",
    parse: Parse.balances
  }),
  host: setting({
    name: "MCP_KRAKEN_HOST",
    flag: "host",
    expected: "an address or a host name",
    fallback: "0.0.0.0",
    purpose: "Address to listen on. localhost serves only clients of this machine, on 127.0.0.1 and ::1.",
    parse: Parse.host
  }),
  port: setting({
    name: "MCP_KRAKEN_PORT",
    flag: "port",
    expected: "a port from 0 to 65535",
    fallback: "8765",
    purpose: "Port to listen on.",
    parse: Parse.port
  }),
  path: setting({
    name: "MCP_KRAKEN_PATH",
    flag: "path",
    expected: "a path that begins with a slash, other than /health, /ready and /metrics",
    fallback: "/mcp",
    purpose: "Path of the MCP endpoint, with or without a trailing slash.",
    parse: Parse.path
  }),
  tokenDb: setting({
    name: "MCP_KRAKEN_TOKEN_DB",
    expected: pathOf("file"),
    fallback: "./data/tokens.db",
    purpose: "SQLite file with the bearer tokens (hashes only).",
    parse: Parse.location
  }),
  stateDir: setting({
    name: "MCP_KRAKEN_STATE_DIR",
    expected: pathOf("folder"),
    shownDefault: "the user's state folder",
    purpose: "Folder of the record, nonces and paper accounts, shared by all processes of a user.",
    parse: Parse.location
  }),
  databaseUrl: setting({
    name: "MCP_KRAKEN_DATABASE_URL",
    expected:
      "postgres://USER:PASSWORD@HOST:PORT/DATABASE, with ?sslmode=disable, require, verify-full or no-verify, and &sslrootcert=FILE",
    shownDefault: "SQLite, in the two above",
    purpose:
      "URL of a PostgreSQL database for the state that several servers share, instead of SQLite. TLS with a verified certificate is used, unless the database is on this machine or sslmode says otherwise. Simulated accounts stay in the state folder.",
    secret: true,
    parse: Parse.databaseUrl
  }),
  databaseUrlFile: setting({
    name: "MCP_KRAKEN_DATABASE_URL_FILE",
    expected: pathOf("file"),
    purpose: "File that contains that URL, instead of MCP_KRAKEN_DATABASE_URL.",
    parse: Parse.location
  }),
  sslKeyFile: setting({
    name: "MCP_KRAKEN_SSL_KEYFILE",
    flag: "ssl-keyfile",
    expected: pathOf("file"),
    purpose: "TLS private key (PEM), used together with MCP_KRAKEN_SSL_CERTFILE.",
    parse: Parse.location
  }),
  sslCertFile: setting({
    name: "MCP_KRAKEN_SSL_CERTFILE",
    flag: "ssl-certfile",
    expected: pathOf("file"),
    purpose: "TLS certificate (PEM), used together with MCP_KRAKEN_SSL_KEYFILE.",
    parse: Parse.location
  }),
  httpTimeout: setting({
    name: "MCP_KRAKEN_HTTP_TIMEOUT",
    expected: "seconds, from 0.1 to 600",
    fallback: "30",
    purpose: "Timeout of requests to Kraken, in seconds; at most 10 for writes.",
    parse: Parse.seconds(0.1, 600)
  }),
  operator: setting({
    name: "MCP_KRAKEN_OPERATOR",
    expected: "an address and a port, such as 127.0.0.1:8767",
    shownDefault: "no page",
    purpose:
      "Address of the approval page, which requires the operator secret. An address that other machines can reach needs TLS (MCP_KRAKEN_SSL_KEYFILE and MCP_KRAKEN_SSL_CERTFILE). Not available over stdio.",
    parse: Parse.listenAddress
  }),
  operatorUrl: setting({
    name: "MCP_KRAKEN_OPERATOR_URL",
    expected: "an https address, or http on this machine, without path, query or credentials",
    shownDefault: "that of MCP_KRAKEN_OPERATOR",
    purpose:
      "URL at which you open the approval page, if it is behind a tunnel or a proxy. The page accepts its host name, and notifications link to it.",
    parse: Parse.webOrigin
  }),
  notify: setting({
    name: "MCP_KRAKEN_NOTIFY",
    expected:
      "a topic of ntfy (ntfy+https://ntfy.sh/TOPIC) or a webhook (https://example.com/hook); http only on this machine",
    shownDefault: "nobody is notified",
    purpose:
      "Receiver of notifications about pending approvals, unknown outcomes of writes, stops, refused withdrawals, limits that are used to four fifths, and alerts that fired. They contain no amounts.",
    secret: true,
    parse: Parse.notificationTarget
  }),
  logLevel: setting({
    name: "MCP_KRAKEN_LOG_LEVEL",
    expected: "DEBUG, INFO, WARNING, ERROR or CRITICAL",
    fallback: "INFO",
    purpose: "Lowest level to log.",
    parse: Parse.logLevel
  }),
  logFormat: setting({
    name: "MCP_KRAKEN_LOG_FORMAT",
    expected: "logfmt or json",
    fallback: "logfmt",
    purpose: "Format of the log on stderr.",
    parse: Parse.oneOf("logfmt", "json")
  }),
  logAmounts: setting({
    name: "MCP_KRAKEN_LOG_AMOUNTS",
    expected: "true or false",
    fallback: "false",
    purpose: "Also log volumes, costs, prices and amounts of writes.",
    parse: Parse.boolean
  }),
  metrics: setting({
    name: "MCP_KRAKEN_METRICS",
    expected: "off, token, or an address and a port, such as 127.0.0.1:9464",
    fallback: "off",
    purpose:
      "Serve Prometheus metrics at /metrics: on the MCP port for bearers of a token (token), or on a port of its own for everyone who can reach it. Not available over stdio.",
    parse: Parse.metrics
  }),
  otlpEndpoint: setting({
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    expected: "an http or https address without query",
    shownDefault: "nothing is sent",
    purpose:
      "URL of an OpenTelemetry collector that accepts OTLP as JSON over HTTP (usually port 4318). It receives traces and metrics, without arguments of calls.",
    parse: Parse.collector
  }),
  otlpHeaders: setting({
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    expected: "headers such as api-key=KEY, separated by commas",
    purpose: "Headers of requests to that collector.",
    secret: true,
    parse: Parse.headers
  }),
  traceShare: setting({
    name: "OTEL_TRACES_SAMPLER_ARG",
    expected: "a number from 0 to 1",
    fallback: "1",
    purpose: "Share of calls to trace, unless the client's trace context decides.",
    parse: Parse.share
  }),
  authDisabled: setting({
    name: "MCP_KRAKEN_AUTH_DISABLED",
    expected: "true or false",
    fallback: "false",
    purpose: "Accept requests without a token. Only for development on one machine.",
    parse: Parse.boolean
  }),
  allowedOrigins: setting({
    name: "MCP_KRAKEN_ALLOWED_ORIGINS",
    expected:
      "origins (https://example.com, tauri://localhost), schemes (vscode-webview:) or host names, separated by commas",
    fallback: "",
    shownDefault: "none",
    purpose: "Origins of web pages that can call from a browser.",
    parse: Parse.listOf(Parse.origin)
  }),
  allowedHosts: setting({
    name: "MCP_KRAKEN_ALLOWED_HOSTS",
    expected: "host names, with or without a port, separated by commas",
    fallback: "",
    shownDefault: "not checked, unless on loopback or without authentication",
    purpose: "Host names that requests can use, in addition to those of this machine.",
    parse: Parse.listOf(Parse.hostHeader)
  }),
  queryToken: setting({
    name: "MCP_KRAKEN_QUERY_TOKEN",
    expected: "true or false",
    fallback: "true",
    purpose: "Accept ?apikey= instead of the Authorization header.",
    parse: Parse.boolean
  }),
  toolsets: setting({
    name: "MCP_KRAKEN_TOOLSETS",
    expected: `all, or some of ${servedToolsets.join(", ")} separated by commas`,
    fallback: "all",
    purpose:
      "Toolsets to offer. Fewer tools use less of a model's context; essential has at most 15 of the most used tools.",
    parse: Parse.someOf(servedToolsets, toolsetNames)
  }),
  readOnly: setting({
    name: "MCP_KRAKEN_READ_ONLY",
    expected: "true or false",
    fallback: "false",
    purpose: "Offer only tools that change nothing.",
    parse: Parse.boolean
  }),
  hideDenied: setting({
    name: "MCP_KRAKEN_HIDE_DENIED",
    expected: "true or false",
    fallback: "false",
    purpose: "Hide tools for which the API key has no permission.",
    parse: Parse.boolean
  }),
  tier: setting({
    name: "MCP_KRAKEN_TIER",
    expected: "starter, intermediate, pro or off",
    fallback: "starter",
    purpose:
      "Verification tier of the account, which sets Kraken's rate limits; off disables this server's own limits.",
    parse: Parse.oneOf(...tiers, "off")
  }),
  orderDeadline: setting({
    name: "MCP_KRAKEN_ORDER_DEADLINE",
    expected: "seconds, from 2 to 60",
    fallback: "5",
    purpose: "Default deadline of orders, in seconds. Kraken refuses an order that arrives after its deadline.",
    parse: Parse.seconds(2, 60)
  }),
  ...mandateTerms,
  ...serverSettings
}

type Settings = typeof settings

/** The key of a setting in the table. */
export type Field = keyof Settings

/** The values of the settings by field. Undefined for an unset one without a default. */
export type Values = {
  readonly [Field in keyof Settings]: Settings[Field] extends { readonly parse: Parse.Parse<infer A> }
    ? Settings[Field] extends { readonly fallback: string }
      ? A
      : A | undefined
    : never
}

/** Names that are accepted without effect, with the reason. */
export const withoutEffect: { readonly [name: string]: string } = {
  MCP_KRAKEN_API: "this server supports only Kraken's Spot API.",
  MCP_KRAKEN_FUTURES_SANDBOX: "this server supports only Kraken's Spot API.",
  MCP_KRAKEN_VERSION: "it names the version of a build."
}
