import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, LogLevel, Option, Redacted } from "effect"
import { writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { termFlags } from "../../../src/domain/mandates/terms.ts"
import { decode } from "../../../src/layers/settings/decode.ts"
import { parseDotenv, readDotenv, readNamed } from "../../../src/layers/settings/dotenvFile.ts"
import { overStdio } from "../../../src/layers/settings/needs.ts"
import { normalize, stateFolder } from "../../../src/layers/settings/sources.ts"
import { settings } from "../../../src/layers/settings/settingDefinitions.ts"
import { defaultAccount } from "../../../src/services/KrakenAccount.ts"
import { toolsetNames } from "../../../src/services/Toolset.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"

type Variables = { readonly [name: string]: string }

const secret = Buffer.alloc(64, "kraken").toString("base64")
const otherSecret = Buffer.alloc(64, "sepia!").toString("base64")
const pair = { KRAKEN_API_KEY: "the+key", KRAKEN_API_SECRET: secret }

const read = (environment: Variables = {}, dotenv = "", flags: Variables = {}) =>
  decode({
    flags: new Map(Object.entries(flags)),
    environment: normalize(environment),
    dotenv: parseDotenv(dotenv),
    stateFolder: "/home/me/.local/state/mcp-kraken"
  })

/** Decodes a valid configuration. */
const config = (...sources: Parameters<typeof read>) => {
  const { config, problems } = read(...sources)
  assert.deepStrictEqual(problems, [])
  return config
}

const problems = (...sources: Parameters<typeof read>) => read(...sources).problems

/** Returns the subject of a problem or notice, such as `MCP_KRAKEN_PORT (.env)`. `test/golden/words/settings.txt` pins the sentences. */
const about = (texts: ReadonlyArray<string>) =>
  texts.map((text) => /^[A-Z_]+(?: and [A-Z_]+)?(?: \([^)]*\))?/.exec(text)?.[0] ?? text)

const wrong = (...sources: Parameters<typeof read>) => about(problems(...sources))

describe("the page for approvals and notifications", () => {
  const operator = (text: string, more: Variables = {}) => ({ MCP_KRAKEN_OPERATOR: text, ...more })
  const tls = { MCP_KRAKEN_SSL_KEYFILE: "/k.pem", MCP_KRAKEN_SSL_CERTFILE: "/c.pem" }

  it("listen at an address and a port", () => {
    assert.deepStrictEqual(config(operator("127.0.0.1:8767")).operator, { host: "127.0.0.1", port: 8767 })
    assert.deepStrictEqual(config(operator("[::1]:8767")).operator, { host: "::1", port: 8767 })
    assert.deepStrictEqual(config(operator("localhost:0")).operator, { host: "localhost", port: 0 })
    for (const text of ["8767", ":8767", "127.0.0.1", "127.0.0.1:x", "http://127.0.0.1:8767"])
      assert.deepStrictEqual(wrong(operator(text)), ["MCP_KRAKEN_OPERATOR"])
  })

  it("need TLS if other machines reach the address", () => {
    for (const text of ["0.0.0.0:8767", "me.lan:8767", "[::]:8767"]) {
      assert.deepStrictEqual(wrong(operator(text)), ["MCP_KRAKEN_OPERATOR"])
      assert.deepStrictEqual(wrong(operator(text, tls)), [])
    }
  })

  it("have no page over stdio, but notifications", () => {
    const variables = { ...operator("127.0.0.1:8767"), MCP_KRAKEN_NOTIFY: "https://hook.test/a" }
    const { config, problems } = decode(
      {
        flags: new Map(),
        environment: normalize(variables),
        dotenv: parseDotenv(""),
        stateFolder: "/state"
      },
      overStdio
    )
    assert.deepStrictEqual(about(problems), ["MCP_KRAKEN_OPERATOR"])
    assert.strictEqual(config.notify?.kind, "webhook")
  })

  it("name the address of the browser without a path", () => {
    const url = (text: string) => ({ MCP_KRAKEN_OPERATOR_URL: text })
    assert.strictEqual(config(url("https://me.ts.net")).operatorUrl, "https://me.ts.net")
    assert.strictEqual(config(url("https://me.ts.net:8443/")).operatorUrl, "https://me.ts.net:8443")
    for (const text of [
      "http://me.ts.net",
      "https://me.ts.net/x",
      "https://u:p@me.ts.net",
      "me.ts.net",
      "https://me.ts.net?a"
    ])
      assert.deepStrictEqual(wrong(url(text)), ["MCP_KRAKEN_OPERATOR_URL"])
  })

  it("tell a topic of ntfy from a webhook, and never show either", () => {
    const notify = (text: string) => ({ MCP_KRAKEN_NOTIFY: text })
    const target = (text: string) => {
      const { kind, url } = config(notify(text)).notify ?? assert.fail("no target")
      return [kind, Redacted.value(url)]
    }
    assert.deepStrictEqual(target("ntfy+https://ntfy.sh/hush"), ["ntfy", "https://ntfy.sh/hush"])
    assert.deepStrictEqual(target("ntfy+http://127.0.0.1:80/hush"), ["ntfy", "http://127.0.0.1/hush"])
    assert.deepStrictEqual(target("https://u:p@hook.test/a?b=c"), ["webhook", "https://u:p@hook.test/a?b=c"])
    for (const text of [
      "ntfy+https://ntfy.sh/",
      "ntfy+https://ntfy.sh/hush?a",
      "http://hook.test/hush",
      "hush",
      "ntfy+hush"
    ]) {
      assert.deepStrictEqual(wrong(notify(text)), ["MCP_KRAKEN_NOTIFY"])
      assert.notInclude(problems(notify(text)).join(), "hush")
    }
  })
})

describe("metrics and traces", () => {
  it("are served to bearers of a token, or on an address of their own", () => {
    const metrics = (value: string) => ({ MCP_KRAKEN_METRICS: value })
    assert.strictEqual(config(metrics("Token")).metrics, "token")
    assert.deepStrictEqual(config(metrics("[::1]:9464")).metrics, { host: "::1", port: 9464 })
    for (const value of ["on", "9464", "127.0.0.1", "127.0.0.1:99999"])
      assert.deepStrictEqual(wrong(metrics(value)), ["MCP_KRAKEN_METRICS"])
  })

  it("are sent to a collector, whose headers are never shown", () => {
    const otlp = (endpoint: string, headers = "") => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: headers
    })
    assert.strictEqual(config(otlp("http://collector:4318/")).otlpEndpoint, "http://collector:4318")
    const { otlpHeaders } = config(otlp("https://otel.test/otlp", "Api-Key=a%20b, x-team=blue"))
    assert.deepStrictEqual(otlpHeaders && Redacted.value(otlpHeaders), { "api-key": "a b", "x-team": "blue" })
    assert.deepStrictEqual(wrong(otlp("collector:4318")), ["OTEL_EXPORTER_OTLP_ENDPOINT"])
    assert.deepStrictEqual(wrong(otlp("http://collector:4318", "hush")), ["OTEL_EXPORTER_OTLP_HEADERS"])
    assert.notInclude(problems(otlp("http://collector:4318", "hush")).join(), "hush")
    for (const value of ["2", "-1", "half"])
      assert.deepStrictEqual(wrong({ OTEL_TRACES_SAMPLER_ARG: value }), ["OTEL_TRACES_SAMPLER_ARG"])
  })
})

describe("settings", () => {
  it("have the published defaults", () => {
    assert.deepStrictEqual(config(), {
      credentials: Option.none(),
      mode: "live",
      baseUrl: "https://api.kraken.com",
      accounts: [],
      account: defaultAccount,
      feed: "auto",
      feedUrls: { market: "wss://ws.kraken.com/v2", account: "wss://ws-auth.kraken.com/v2" },
      httpTimeout: Duration.seconds(30),
      host: "0.0.0.0",
      port: 8765,
      path: "/mcp",
      tls: Option.none(),
      tokenDb: "./data/tokens.db",
      stateDir: "/home/me/.local/state/mcp-kraken",
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
      notices: []
    })
  })

  it("take a half of the key that the user of a desktop client left out for not set, and no other setting", () => {
    const leftOut = { KRAKEN_API_KEY: "${user_config.api_key}", KRAKEN_API_SECRET: "${user_config.api_secret}" }
    assert.deepStrictEqual(config(leftOut).credentials, Option.none())
    assert.lengthOf(problems({ ...leftOut, KRAKEN_API_KEY: "the+key" }), 1)
    assert.lengthOf(problems({ MCP_KRAKEN_READ_ONLY: "${user_config.read_only}" }), 1)
  })

  it("are read from the environment and from .env, of which the environment wins, and from flags, which win over both", () => {
    const dotenv = "MCP_KRAKEN_HOST=10.0.0.1\nMCP_KRAKEN_PORT=1\nMCP_KRAKEN_PATH=/dotenv # a comment\n"
    const read = config({ MCP_KRAKEN_PORT: "2", MCP_KRAKEN_PATH: "/environment/" }, dotenv, {
      MCP_KRAKEN_PATH: "/flag"
    })
    assert.deepInclude(read, { host: "10.0.0.1", port: 2, path: "/flag" })
  })

  it("have names in any case, and are not set when they are empty", () => {
    assert.strictEqual(config({ mcp_kraken_port: "81", MCP_KRAKEN_HOST: " " }, "Mcp_Kraken_Host=::1\n").host, "::1")
    assert.strictEqual(config({ mcp_kraken_port: "81" }).port, 81)
    assert.isTrue(config({ MCP_KRAKEN_READ_ONLY: "true", mcp_kraken_read_only: "false" }).readOnly)
    assert.deepStrictEqual(wrong({}, "", { MCP_KRAKEN_SSL_KEYFILE: "" }), ["MCP_KRAKEN_SSL_KEYFILE (--ssl-keyfile)"])
  })

  it("in .env are taken literally", () => {
    assert.strictEqual(config({ HOME: "/root" }, "MCP_KRAKEN_TOKEN_DB='$HOME/t.db'").tokenDb, "$HOME/t.db")
    assert.deepStrictEqual(wrong({}, "export MCP_KRAKEN_PORT=1\nMCP_KRAKEN_READ_ONLY true\n# MCP_KRAKEN_OLD\n"), [
      "MCP_KRAKEN_READ_ONLY (.env, line 2)"
    ])
  })

  it.scoped("need no .env, but must not miss one that is there", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const file = join(folder, "file")
      writeFileSync(file, "MCP_KRAKEN_PORT=9\n")
      assert.strictEqual(readDotenv(file).source.get("MCP_KRAKEN_PORT"), "9")
      assert.lengthOf(readDotenv(join(folder, "missing")).problems, 0)
      assert.match(readDotenv(`${file}\0`).problems.join(), /^\.env: /)
    })
  )

  it.scoped("of a named file must exist, and are reported under its name", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const file = join(folder, "my.env")
      for (const none of [file, folder]) assert.lengthOf(readNamed(none).problems, 1)
      writeFileSync(file, "MCP_KRAKEN_PORT=many\nMCP_KRAKEN_READ_ONLY true\n")
      const wrong = decode({
        flags: new Map(),
        environment: new Map(),
        dotenv: readNamed(file),
        stateFolder: folder
      }).problems
      assert.deepStrictEqual(about(wrong), [`MCP_KRAKEN_PORT (${file})`, `MCP_KRAKEN_READ_ONLY (${file}, line 2)`])
    })
  )

  it.each([
    ["MCP_KRAKEN_PORT", "65536"],
    ["MCP_KRAKEN_PORT", "80.5"],
    ["MCP_KRAKEN_HOST", "http://localhost"],
    ["MCP_KRAKEN_PATH", "mcp"],
    ["MCP_KRAKEN_PATH", "/health"],
    ["MCP_KRAKEN_HTTP_TIMEOUT", "0"],
    ["MCP_KRAKEN_HTTP_TIMEOUT", "1e9"],
    ["MCP_KRAKEN_ORDER_DEADLINE", "61"],
    ["MCP_KRAKEN_LOG_LEVEL", "LOUD"],
    ["MCP_KRAKEN_LOG_FORMAT", "xml"],
    ["MCP_KRAKEN_READ_ONLY", "tru"],
    ["MCP_KRAKEN_AUTH_DISABLED", "1"],
    ["MCP_KRAKEN_TOOLSETS", "market,trades"],
    ["MCP_KRAKEN_TOOLSETS", ","],
    ["MCP_KRAKEN_TIER", "gold"],
    ["MCP_KRAKEN_MODE", "demo"],
    ["MCP_KRAKEN_ALLOWED_ORIGINS", "*"],
    ["MCP_KRAKEN_ALLOWED_ORIGINS", "https://example.com/page"],
    ["MCP_KRAKEN_ALLOWED_ORIGINS", "null"],
    ["MCP_KRAKEN_ALLOWED_ORIGINS", "https://example.com, NULL"],
    ["MCP_KRAKEN_ALLOWED_ORIGINS", "https://null"],
    ["MCP_KRAKEN_ALLOWED_ORIGINS", "https:"],
    ["MCP_KRAKEN_ALLOWED_ORIGINS", "file://"],
    ["MCP_KRAKEN_ALLOWED_ORIGINS", "javascript:alert"],
    ["MCP_KRAKEN_ALLOWED_HOSTS", "https://example.com"],
    ["KRAKEN_BASE_URL", "http://api.kraken.com"],
    ["KRAKEN_BASE_URL", "http://127.0.0.1.evil.example"],
    ["KRAKEN_BASE_URL", "https://kraken.example?x=1"],
    ["KRAKEN_BASE_URL", "ftp://localhost"]
  ])("%s refuses %s and says what it expects", (name, value) => {
    const expected = Object.values(settings).find((setting) => setting.name === name)?.expected
    const [problem, ...others] = problems({ [name]: value })
    assert.deepStrictEqual(about([problem ?? "", ...others]), [name])
    for (const part of [expected, JSON.stringify(value)]) assert.include(problem, part)
  })

  it("take what their descriptions say", () => {
    const read = config({
      MCP_KRAKEN_HOST: "[::1]",
      MCP_KRAKEN_PATH: "/a/b/",
      MCP_KRAKEN_HTTP_TIMEOUT: "2.5",
      MCP_KRAKEN_LOG_LEVEL: "Warning",
      MCP_KRAKEN_LOG_FORMAT: "JSON",
      MCP_KRAKEN_READ_ONLY: "TRUE",
      MCP_KRAKEN_TOOLSETS: "Essential, trading, Market,market",
      MCP_KRAKEN_ALLOWED_ORIGINS:
        "https://a.example/, b.example, http://[::1]:3000, tauri://localhost/, vscode-webview:, chrome-extension://abc",
      MCP_KRAKEN_ALLOWED_HOSTS: "a.example:8765,b.example",
      KRAKEN_BASE_URL: "http://127.0.0.1:4000/0/",
      MCP_KRAKEN_TIER: "pro",
      MCP_KRAKEN_ORDER_DEADLINE: "60"
    })
    assert.deepInclude(read, {
      host: "::1",
      path: "/a/b",
      httpTimeout: Duration.millis(2500),
      logLevel: LogLevel.Warning,
      logFormat: "json",
      readOnly: true,
      toolsets: ["market", "trading", "essential"],
      allowedOrigins: [
        "https://a.example",
        "b.example",
        "http://[::1]:3000",
        "tauri://localhost",
        "vscode-webview:",
        "chrome-extension://abc"
      ],
      allowedHosts: ["a.example:8765", "b.example"],
      baseUrl: "http://127.0.0.1:4000",
      tier: "pro",
      orderDeadline: Duration.minutes(1)
    })
  })

  it("tell all that is wrong at once, and where it stands", () => {
    const told = wrong(
      { MCP_KRAKEN_PORT: "many", MCP_KRAKEN_REED_ONLY: "true", KRAKEN_API_KEY: "k" },
      "MCP_KRAKEN_TIER=gold\n",
      { MCP_KRAKEN_PATH: "mcp" }
    )
    assert.deepStrictEqual(told, [
      "MCP_KRAKEN_PORT",
      "MCP_KRAKEN_PATH (--path)",
      "MCP_KRAKEN_TIER (.env)",
      "KRAKEN_API_SECRET",
      "MCP_KRAKEN_REED_ONLY"
    ])
  })

  it("never show a secret, not even where it stands in the wrong place", () => {
    const wrong = problems({
      KRAKEN_API_KEY: "key with spaces",
      KRAKEN_API_SECRET: "secret!",
      KRAKEN_BASE_URL: "https://me:password@kraken.example"
    }).concat(problems({ KRAKEN_API_KEY_FILE: "the+key", KRAKEN_API_SECRET_FILE: secret }))
    assert.lengthOf(wrong, 5)
    for (const shown of ["key with", "secret!", "password", "the+key", secret]) assert.notInclude(wrong.join(), shown)
  })

  it("name what other programs set, without an error", () => {
    const { notices } = config({ MCP_KRAKEN_API: "spot" }, "MCP_KRAKEN_FUTURES_SANDBOX=true")
    assert.deepStrictEqual(about(notices), ["MCP_KRAKEN_API", "MCP_KRAKEN_FUTURES_SANDBOX"])
    const [misspelt, ...others] = config({ KRAKEN_BASEURL: "https://x.example", KRAKEN_FUTURES_API_KEY: "x" }).notices
    assert.deepStrictEqual(about([misspelt ?? "", ...others]), ["KRAKEN_BASEURL"])
    assert.include(misspelt, "KRAKEN_BASE_URL")
  })

  it("are not confused by a Kubernetes service that is called mcp-kraken", () => {
    const links = {
      MCP_KRAKEN_SERVICE_HOST: "10.0.0.1",
      MCP_KRAKEN_SERVICE_PORT: "8765",
      MCP_KRAKEN_SERVICE_PORT_HTTP: "8765",
      MCP_KRAKEN_PORT: "tcp://10.0.0.1:8765",
      MCP_KRAKEN_PORT_8765_TCP: "tcp://10.0.0.1:8765",
      MCP_KRAKEN_PORT_8765_TCP_PROTO: "tcp",
      MCP_KRAKEN_PORT_8765_TCP_PORT: "8765",
      MCP_KRAKEN_PORT_8765_TCP_ADDR: "10.0.0.1"
    }
    assert.strictEqual(config(links).port, 8765)
    assert.strictEqual(config(links, "MCP_KRAKEN_PORT=9000").port, 9000)
    assert.lengthOf(problems({ MCP_KRAKEN_PATH: "tcp://10.0.0.1:8765" }), 1)
  })

  it("expand ~ in paths, and refuse the home of another user", () => {
    const home = homedir()
    const files = { MCP_KRAKEN_SSL_KEYFILE: "~/key.pem", MCP_KRAKEN_SSL_CERTFILE: "~/cert.pem" }
    const read = config({ ...files, MCP_KRAKEN_STATE_DIR: "~" }, "MCP_KRAKEN_TOKEN_DB=~/tokens.db\n")
    assert.deepStrictEqual(read.tls, Option.some({ keyFile: join(home, "key.pem"), certFile: join(home, "cert.pem") }))
    assert.strictEqual(join(read.stateDir), join(home))
    assert.strictEqual(read.tokenDb, join(home, "tokens.db"))
    assert.strictEqual(config({ MCP_KRAKEN_TOKEN_DB: "./~x" }).tokenDb, "./~x")
    for (const name of ["MCP_KRAKEN_TOKEN_DB", "MCP_KRAKEN_STATE_DIR", "KRAKEN_API_KEY_FILE"]) {
      assert.include(wrong({ [name]: "~other/file" }), name)
    }
  })

  it("give TLS both files or none", () => {
    const tls = { MCP_KRAKEN_SSL_KEYFILE: "key.pem", MCP_KRAKEN_SSL_CERTFILE: "cert.pem" }
    assert.deepStrictEqual(config(tls).tls, Option.some({ keyFile: "key.pem", certFile: "cert.pem" }))
    assert.deepStrictEqual(wrong({ MCP_KRAKEN_SSL_KEYFILE: "key.pem" }), [
      "MCP_KRAKEN_SSL_KEYFILE and MCP_KRAKEN_SSL_CERTFILE"
    ])
  })

  it("for live mode need a key; no mode falls back to the other", () => {
    const [keyless, ...others] = problems({ MCP_KRAKEN_MODE: "live" })
    assert.deepStrictEqual(about([keyless ?? "", ...others]), ["MCP_KRAKEN_MODE"])
    for (const needed of Object.keys(pair)) assert.include(keyless, needed)
    assert.deepInclude(config({ MCP_KRAKEN_MODE: "live", ...pair }), { mode: "live" })
    assert.deepInclude(config({ MCP_KRAKEN_MODE: "Paper", ...pair }), { mode: "paper" })
    assert.deepStrictEqual(wrong({ MCP_KRAKEN_MODE: "live", ...pair }, "", { MCP_KRAKEN_MODE: "paper" }), [
      "MCP_KRAKEN_MODE"
    ])
    assert.deepStrictEqual(wrong({ MCP_KRAKEN_MODE: "papre" }), ["MCP_KRAKEN_MODE"])
  })

  it("that leave in doubt whose money it is are refused", () => {
    const [paper, synthetic] = ["MCP_KRAKEN_MODE=paper", { MCP_KRAKEN_PAPER_MARKET: "synthetic" }]
    assert.deepStrictEqual(wrong({ MCP_KRAKEN_MODE: "Live", ...pair }, paper), ["MCP_KRAKEN_MODE"])
    assert.deepInclude(config({ MCP_KRAKEN_MODE: "paper", ...pair }, "MCP_KRAKEN_MODE=PAPER"), { mode: "paper" })

    const flagged = ["MCP_KRAKEN_PAPER_MARKET (--market)"]
    assert.deepStrictEqual(wrong({}, "", synthetic), flagged)
    assert.deepStrictEqual(wrong({ MCP_KRAKEN_MODE: "live", ...pair }, "", synthetic), flagged)
    assert.deepInclude(config({}, paper, synthetic), { mode: "paper", paperMarket: "synthetic" })

    for (const setting of ["MCP_KRAKEN_PAPER_MARKET=live", "MCP_KRAKEN_PAPER_BALANCES=USD=1"]) {
      const [undecided, ...others] = problems(pair, setting)
      assert.deepStrictEqual(about([undecided ?? "", ...others]), ["MCP_KRAKEN_MODE"])
      assert.include(undecided, setting.split("=", 1)[0])
      assert.deepStrictEqual(problems({ MCP_KRAKEN_MODE: "live", ...pair }, setting), [])
      assert.deepStrictEqual(problems({}, setting), [])
      assert.deepStrictEqual(problems(pair, setting, { MCP_KRAKEN_MODE: "paper" }), [])
    }
  })

  it("of paper mode leave the key alone, and say so", () => {
    const { credentials, notices } = config({ MCP_KRAKEN_MODE: "paper", ...pair })
    assert.deepStrictEqual(credentials, Option.none())
    assert.deepStrictEqual(about(notices), ["KRAKEN_API_KEY"])
    assert.deepStrictEqual(config({ MCP_KRAKEN_MODE: "paper" }).notices, [])
  })

  it("give paper accounts what they begin with, exactly", () => {
    const balances = (text: string) => config({ MCP_KRAKEN_PAPER_BALANCES: text }).paperBalances
    assert.deepStrictEqual(balances("usd=50000, XBT=0.10000001"), { USD: "50000", BTC: "0.10000001" })
    for (const wrong of ["USD", "USD=0", "USD=-1", "USD=1e3", "USD=0.00001", "FOO=1", "USD=1,ZUSD=2", "USD=1=2", ","])
      assert.deepStrictEqual(
        about(problems({ MCP_KRAKEN_PAPER_BALANCES: wrong })),
        ["MCP_KRAKEN_PAPER_BALANCES"],
        wrong
      )
    assert.lengthOf(problems({ MCP_KRAKEN_PAPER_MARKET: "real" }), 1)
  })

  it("limit callers without a token, over stdio and without authentication, on paper too", () => {
    const budget = { MCP_KRAKEN_BUDGET: "500USD", MCP_KRAKEN_MAX: "50USD/order,900USD/week" }
    const open = { ...budget, MCP_KRAKEN_AUTH_DISABLED: "true" }
    const { localMandate } = config(open)
    assert.deepInclude(Option.getOrThrow(localMandate), {
      access: "trade",
      capital: { amount: "500", asset: "USD" },
      spending: { currency: "USD", max: { order: "50", day: "500", week: "900" } }
    })
    assert.deepStrictEqual(config({ ...open, MCP_KRAKEN_MODE: "paper" }).localMandate, localMandate)
    assert.deepStrictEqual(config(budget, "MCP_KRAKEN_AUTH_DISABLED=true").localMandate, localMandate)
    const stdio = decode(
      { flags: new Map(), environment: normalize(budget), dotenv: parseDotenv(""), stateFolder: "/state" },
      overStdio
    )
    assert.deepStrictEqual(stdio.problems, [])
    assert.deepStrictEqual(stdio.config.localMandate, localMandate)
  })

  it("limit calls only beside the access that callers have: without it, they could only read", () => {
    const open = { MCP_KRAKEN_AUTH_DISABLED: "true", MCP_KRAKEN_CALLS: "60/min" }
    assert.deepStrictEqual(wrong(open), ["MCP_KRAKEN_CALLS"])
    const { localMandate } = config({ ...open, MCP_KRAKEN_ACCESS: "trade", MCP_KRAKEN_MAX: "none" })
    assert.deepInclude(Option.getOrThrow(localMandate), { access: "trade", calls: { min: 60 } })
  })

  it("that would limit nobody are refused: each caller has a token", () => {
    assert.deepStrictEqual(wrong({ MCP_KRAKEN_BUDGET: "500USD" }, "MCP_KRAKEN_PAIRS=BTC/USD"), [
      "MCP_KRAKEN_BUDGET and MCP_KRAKEN_PAIRS"
    ])
  })

  it("limit all callers together, with a token or without", () => {
    const { localMandate, serverLimits } = config({
      MCP_KRAKEN_SERVER_MAX: "1000USD/day",
      MCP_KRAKEN_SERVER_ASK: "funds"
    })
    assert.deepStrictEqual(localMandate, Option.none())
    assert.deepStrictEqual(
      serverLimits,
      Option.some({ spending: { currency: "USD", max: { day: "1000" } }, ask: { kinds: ["funds"] } })
    )
  })

  it("name all limits that are wrong, together with other settings", () => {
    assert.deepStrictEqual(
      wrong(
        { MCP_KRAKEN_PORT: "many", MCP_KRAKEN_MAX: "1USD/day", MCP_KRAKEN_SERVER_MAX: "1" },
        "MCP_KRAKEN_AUTH_DISABLED=true\nMCP_KRAKEN_COLLAR=500%\nMCP_KRAKEN_NOT_PAIRS=BTC"
      ),
      ["MCP_KRAKEN_PORT", "MCP_KRAKEN_NOT_PAIRS", "MCP_KRAKEN_COLLAR", "MCP_KRAKEN_MAX", "MCP_KRAKEN_SERVER_MAX"]
    )
  })

  it("have names of limits like the flags of tokens, except for toolsets, which all callers share", () => {
    const own = termFlags.filter(({ setting }) => setting !== "")
    assert.deepStrictEqual(
      termFlags.filter(({ setting }) => setting === "").map(({ flag }) => flag),
      ["toolsets"]
    )
    assert.deepStrictEqual(
      own.map(({ setting }) => setting),
      own.map(({ flag }) => `MCP_KRAKEN_${flag.toUpperCase().replaceAll("-", "_")}`)
    )
    const names = Object.values(settings).map(({ name }) => name)
    assert.includeMembers(
      names,
      own.map(({ setting }) => setting)
    )
  })
})

describe("the database of several servers", () => {
  const url = "postgres://kraken:hush@db.example:5432/kraken"

  it("is PostgreSQL, with TLS as its address says, and never shown", () => {
    const taken = [
      url,
      "postgresql://kraken@localhost/kraken",
      ...["disable", "require", "verify-ca", "verify-full", "no-verify"].map((mode) => `${url}?sslmode=${mode}`),
      `${url}?sslmode=verify-full&sslrootcert=/etc/ca.pem`
    ]
    for (const address of taken) {
      const { databaseUrl } = config({ MCP_KRAKEN_DATABASE_URL: address })
      assert.strictEqual(databaseUrl && Redacted.value(databaseUrl), address)
    }
    const refused = [
      url.replace("postgres:", "mysql:"),
      "postgres://db.example/kraken",
      "postgres://kraken:hush@db.example",
      "postgres://kraken:hush@db.example/a/b",
      `${url}?sslmode=prefer`,
      `${url}?sslmode=require&sslmode=disable`,
      `${url}?host=elsewhere.example`,
      `${url}#hush`,
      "hush"
    ]
    for (const address of refused) {
      assert.deepStrictEqual(wrong({ MCP_KRAKEN_DATABASE_URL: address }), ["MCP_KRAKEN_DATABASE_URL"])
      assert.notInclude(problems({ MCP_KRAKEN_DATABASE_URL: address }).join(), "hush@")
    }
  })

  it.scoped("is named by a file, or by the variable", () =>
    Effect.map(temporaryFolder, (folder) => {
      const file = join(folder, "url")
      writeFileSync(file, `${url}\n`)
      const { databaseUrl } = config({ MCP_KRAKEN_DATABASE_URL_FILE: file })
      assert.strictEqual(databaseUrl && Redacted.value(databaseUrl), url)
      assert.deepStrictEqual(wrong({ MCP_KRAKEN_DATABASE_URL_FILE: file, MCP_KRAKEN_DATABASE_URL: url }), [
        "MCP_KRAKEN_DATABASE_URL and MCP_KRAKEN_DATABASE_URL_FILE"
      ])
      assert.deepStrictEqual(wrong({ MCP_KRAKEN_DATABASE_URL_FILE: join(folder, "missing") }), [
        "MCP_KRAKEN_DATABASE_URL_FILE"
      ])
    })
  )

  it("of a key comes from the same source as the key", () => {
    const { databaseUrl, notices } = config(pair, `MCP_KRAKEN_DATABASE_URL=${url}\n`)
    assert.strictEqual(databaseUrl, undefined)
    assert.deepStrictEqual(about(notices), ["MCP_KRAKEN_DATABASE_URL"])
  })
})

describe("a file of settings", () => {
  it("is refused if it is too large, before it is read", () => {
    const large = parseDotenv(`${"\n".repeat(300_000)}MCP_KRAKEN_PORT=1\n`)
    assert.lengthOf(large.problems, 1)
    assert.deepStrictEqual([...large.source], [])
    assert.deepStrictEqual(
      [...parseDotenv(`${"\n".repeat(60_000)}MCP_KRAKEN_PORT=1\n`).source],
      [["MCP_KRAKEN_PORT", "1"]]
    )
  })
})

describe("credentials", () => {
  const plain = (...sources: Parameters<typeof read>) =>
    Option.map(config(...sources).credentials, ({ key, otp, secret }) => [
      Redacted.value(key),
      Redacted.value(secret),
      Option.getOrUndefined(Option.map(otp, Redacted.value))
    ])

  it("are a pair, with a second factor if the key has one", () => {
    assert.deepStrictEqual(plain(pair), Option.some(["the+key", secret, undefined]))
    assert.deepStrictEqual(plain({ ...pair, KRAKEN_API_OTP: "hush" }), Option.some(["the+key", secret, "hush"]))
    assert.deepStrictEqual(plain({}), Option.none())
    assert.notInclude(JSON.stringify(config(pair)), secret)
    for (const name of Object.keys(pair)) {
      const half = read({ ...pair, [name]: "" })
      assert.deepStrictEqual(about(half.problems), [name])
      assert.deepStrictEqual(half.config.credentials, Option.none())
    }
  })

  it.each([
    secret.slice(1),
    secret.slice(0, -1),
    `${secret}=`,
    secret.replace("a", "_"),
    "c2hvcnQ=",
    "no base64 at all"
  ])("with the secret %s are refused", (KRAKEN_API_SECRET) => {
    const told = problems({ ...pair, KRAKEN_API_SECRET })
    assert.deepStrictEqual(about(told), ["KRAKEN_API_SECRET"])
    assert.notInclude(told.join(), KRAKEN_API_SECRET)
  })

  it("with a secret of another length than Kraken's are taken with a question", () => {
    const KRAKEN_API_SECRET = Buffer.alloc(48, "cut").toString("base64")
    assert.match(config({ ...pair, KRAKEN_API_SECRET }).notices.join(), /48 bytes .* 64/)
    assert.deepStrictEqual(config(pair).notices, [])
  })

  it.scoped("may stand in files", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const file = (name: string, text: string) => {
        writeFileSync(join(folder, name), text)
        return join(folder, name)
      }
      const files = {
        KRAKEN_API_KEY_FILE: file("key", "the+key\n"),
        KRAKEN_API_SECRET_FILE: file("secret", `\uFEFF${secret}\r\n`)
      }
      assert.deepStrictEqual(plain(files), Option.some(["the+key", secret, undefined]))
      assert.deepStrictEqual(
        plain({ KRAKEN_API_KEY: "the+key", KRAKEN_API_SECRET_FILE: files.KRAKEN_API_SECRET_FILE }),
        Option.some(["the+key", secret, undefined])
      )
      assert.deepStrictEqual(wrong({ ...files, KRAKEN_API_KEY: "the+key" }), ["KRAKEN_API_KEY and KRAKEN_API_KEY_FILE"])
      for (const unfit of [file("empty", "\n"), join(folder, "missing")])
        assert.deepStrictEqual(wrong({ ...files, KRAKEN_API_KEY_FILE: unfit }), ["KRAKEN_API_KEY_FILE"])
    })
  )

  it("come whole from the environment, or whole from .env", () => {
    const theirs = `KRAKEN_API_KEY=their+key\nKRAKEN_API_SECRET=${otherSecret}\n`
    assert.deepStrictEqual(plain(pair, theirs), Option.some(["the+key", secret, undefined]))
    assert.deepStrictEqual(plain({}, theirs), Option.some(["their+key", otherSecret, undefined]))
    assert.deepStrictEqual(wrong({ KRAKEN_API_KEY: "the+key" }, theirs), ["KRAKEN_API_SECRET"])
  })

  it("of the environment go to no address out of .env", () => {
    const theirs = "KRAKEN_BASE_URL=https://thief.example\n"
    const { baseUrl, notices } = config(pair, theirs)
    assert.strictEqual(baseUrl, "https://api.kraken.com")
    assert.deepStrictEqual(about(notices), ["KRAKEN_BASE_URL"])
    const proxy = { ...pair, KRAKEN_BASE_URL: "https://proxy.example" }
    assert.strictEqual(config(proxy, theirs).baseUrl, "https://proxy.example")
    assert.deepStrictEqual(config(proxy, theirs).notices, [])
    assert.deepInclude(config({}, theirs), { baseUrl: "https://thief.example", notices: [] })
  })

  it("of the environment go with nothing out of .env", () => {
    const theirs = "KRAKEN_API_OTP=1234\nMCP_KRAKEN_STATE_DIR=/thief\nKRAKEN_API_KEY_FILE=/etc/hostname\n"
    const read = config(pair, theirs)
    assert.strictEqual(read.stateDir, "/home/me/.local/state/mcp-kraken")
    assert.deepStrictEqual(plain(pair, theirs), Option.some(["the+key", secret, undefined]))
    assert.deepStrictEqual(about(read.notices), ["KRAKEN_API_OTP", "MCP_KRAKEN_STATE_DIR"])
  })

  it("of .env go with no second factor of the environment, and with its state folder", () => {
    const dotenv = `KRAKEN_API_KEY=k\nKRAKEN_API_SECRET=${secret}\n`
    assert.deepStrictEqual(wrong({ KRAKEN_API_OTP: "1234" }, dotenv), ["KRAKEN_API_OTP"])
    assert.strictEqual(config({ MCP_KRAKEN_STATE_DIR: "/data" }, dotenv).stateDir, "/data")
  })

  it("of .env go to no address but their own, and never to Kraken instead of the one in the environment", () => {
    const dotenv = `KRAKEN_API_KEY=k\nKRAKEN_API_SECRET=${secret}\n`
    const test = { KRAKEN_BASE_URL: "http://localhost:4000" }
    assert.deepStrictEqual(wrong(test, dotenv), ["KRAKEN_BASE_URL"])
    const both = `${dotenv}KRAKEN_BASE_URL=http://localhost:4000\n`
    assert.strictEqual(config({}, both).baseUrl, "http://localhost:4000")
    assert.strictEqual(config(test, both).baseUrl, "http://localhost:4000")
  })
})

describe("stateFolder", () => {
  it("is the platform's, whatever the working directory", () => {
    const home = stateFolder(new Map(), "darwin")?.replace("/Library/Application Support/mcp-kraken", "")
    assert.isTrue(home?.startsWith("/"))
    assert.strictEqual(stateFolder(new Map([["XDG_STATE_HOME", "/state"]]), "linux"), "/state/mcp-kraken")
    assert.strictEqual(stateFolder(new Map([["XDG_STATE_HOME", "state"]]), "linux"), `${home}/.local/state/mcp-kraken`)
    assert.strictEqual(stateFolder(new Map([["LOCALAPPDATA", "/local"]]), "win32"), "/local/mcp-kraken")
  })

  it("has to be set for a user without a home", () => {
    const { problems } = decode({
      flags: new Map(),
      environment: new Map(),
      dotenv: parseDotenv(""),
      stateFolder: undefined
    })
    assert.deepStrictEqual(about(problems), ["MCP_KRAKEN_STATE_DIR"])
  })
})
