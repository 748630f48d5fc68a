import { Duration, Layer, LogLevel, Option } from "effect"
import { Config } from "../../src/services/Config.ts"
import { defaultAccount } from "../../src/services/KrakenAccount.ts"
import { toolsetNames } from "../../src/services/Toolset.ts"

/** Makes a configuration with every setting at its default and no credentials, except for `changes`. */
export const testConfig = (changes: Partial<typeof Config.Service> = {}): typeof Config.Service => ({
  credentials: Option.none(),
  accounts: [],
  account: defaultAccount,
  mode: "live",
  baseUrl: "https://kraken.test",
  feed: "off",
  feedUrls: { market: "wss://kraken.test/v2", account: "wss://kraken.test/auth/v2" },
  httpTimeout: Duration.seconds(30),
  host: "127.0.0.1",
  port: 0,
  path: "/mcp",
  tls: Option.none(),
  tokenDb: ":memory:",
  stateDir: "",
  databaseUrl: undefined,
  authDisabled: false,
  allowedOrigins: [],
  allowedHosts: [],
  queryToken: true,
  toolsets: toolsetNames,
  readOnly: false,
  hideDenied: false,
  tier: "starter",
  paperMarket: undefined,
  paperBalances: { USD: "10000" },
  orderDeadline: Duration.seconds(5),
  localMandate: Option.none(),
  localTerms: [],
  serverLimits: Option.none(),
  operator: undefined,
  operatorUrl: undefined,
  notify: undefined,
  logLevel: LogLevel.Info,
  logFormat: "logfmt",
  logAmounts: false,
  metrics: "off",
  otlpEndpoint: undefined,
  otlpHeaders: undefined,
  traceShare: 1,
  unreadFile: Option.none(),
  notices: [],
  ...changes
})

export const TestConfig = (changes: Partial<typeof Config.Service> = {}) => Layer.succeed(Config, testConfig(changes))
