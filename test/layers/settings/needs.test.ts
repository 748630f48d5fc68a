import { assert, describe, it } from "@effect/vitest"
import { decode } from "../../../src/layers/settings/decode.ts"
import * as needs from "../../../src/layers/settings/needs.ts"
import { parseDotenv } from "../../../src/layers/settings/dotenvFile.ts"
import { type Field, settings } from "../../../src/layers/settings/settingDefinitions.ts"

/** An invalid value for each setting that has invalid values. The other settings accept any text. */
const wrong: { readonly [F in Field]?: string } = {
  key: "two words",
  secret: "hush!",
  keyFile: "/nowhere/key",
  secretFile: "/nowhere/secret",
  baseUrl: "ftp://kraken.example",
  mode: "papre",
  paperMarket: "real",
  paperBalances: "USD",
  host: "http://localhost",
  port: "many",
  path: "mcp",
  sslKeyFile: "key.pem",
  sslCertFile: "cert.pem",
  httpTimeout: "soon",
  logLevel: "LOUD",
  logFormat: "xml",
  logAmounts: "maybe",
  metrics: "on",
  otlpEndpoint: "collector",
  otlpHeaders: "hush",
  traceShare: "half",
  authDisabled: "maybe",
  allowedOrigins: "*",
  allowedHosts: "https://example.com",
  queryToken: "maybe",
  toolsets: "trades",
  readOnly: "tru",
  hideDenied: "maybe",
  tier: "gold",
  orderDeadline: "never",
  budget: "much",
  access: "everything",
  max: "100",
  capital: "-1USD",
  grant: "BTC",
  keep: "1e9USD",
  pairs: "BTCUSD",
  notPairs: "*/*",
  sides: "left",
  types: "stop",
  collar: "101%",
  slippage: "-1%",
  maxOpen: "0",
  rate: "10/hour",
  calls: "10/week",
  maxLeverage: "1",
  cancel: "all",
  withdraw: "200USD/day",
  ask: "everything",
  serverMax: "100",
  serverAsk: "everything"
}

const problems = (variables: Record<string, string>, of: needs.Needs, dotenv = "") =>
  decode(
    {
      flags: new Map(),
      environment: new Map(Object.entries(variables)),
      dotenv: parseDotenv(dotenv),
      stateFolder: "/state"
    },
    of
  ).problems

const commands = Object.entries(needs)
const fields = Object.keys(settings) as ReadonlyArray<Field>
const pairs = commands.flatMap(([command, need]) => fields.map((field) => [command, field, need] as const))

describe("a command", () => {
  it.each(pairs.filter(([, field, need]) => field in wrong && !need.fields.has(field)))(
    "%s is not held up by a wrong %s, which it does not use",
    (_, field, need) => {
      const { name } = settings[field]
      assert.deepStrictEqual(problems({ [name]: wrong[field] ?? "" }, need), [])
      assert.deepStrictEqual(problems({}, need, `${name}="${wrong[field]}"`), [])
      assert.deepStrictEqual(problems({}, need, `${name} without an equals sign`), [])
    }
  )

  it.each(pairs.filter(([, field, need]) => field in wrong && need.fields.has(field)))(
    "%s names a wrong %s, which it uses",
    (_, field, need) => {
      const { name } = settings[field]
      assert.include(problems({ [name]: wrong[field] ?? "" }, need).join("\n"), name)
      assert.include(problems({}, need, `${name} without an equals sign`).join("\n"), name)
    }
  )

  it("sees a misspelt setting if it uses the one that is meant, and a server sees each", () => {
    const misspelt = { MCP_KRAKEN_TOKEN_BD: "x", MCP_KRAKEN_REED_ONLY: "true" }
    assert.deepStrictEqual(
      commands.map(([command, need]) => [command, problems(misspelt, need).length]),
      commands.map(([command, { fields, refuseUnknown }]) => [
        command,
        refuseUnknown ? 2 : Number(fields.has("tokenDb"))
      ])
    )
  })

  it("can't read a setting that it has not named", () => {
    const { config } = decode(
      { flags: new Map(), environment: new Map(), dotenv: parseDotenv(""), stateFolder: "/state" },
      needs.tokens
    )
    assert.strictEqual(config.tokenDb, "./data/tokens.db")
    for (const field of ["port", "mode", "stateDir", "tls"] as const) assert.throws(() => config[field])
  })

  it("token create asks for no key, and does not pass over two modes", () => {
    assert.deepStrictEqual(problems({ MCP_KRAKEN_MODE: "live" }, needs.tokenCreate), [])
    assert.lengthOf(problems({ MCP_KRAKEN_MODE: "live" }, needs.tokenCreate, "MCP_KRAKEN_MODE=paper"), 1)
    assert.deepStrictEqual(problems({ MCP_KRAKEN_MODE: "live" }, needs.tokens, "MCP_KRAKEN_MODE=paper"), [])
  })
})
