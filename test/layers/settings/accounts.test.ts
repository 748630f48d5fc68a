import { assert, describe, it } from "@effect/vitest"
import { Option, Redacted } from "effect"
import { SettingsError } from "../../../src/layers/settings/ConfigEnv.ts"
import { decode } from "../../../src/layers/settings/decode.ts"
import { parseDotenv } from "../../../src/layers/settings/dotenvFile.ts"
import { tokenCreate } from "../../../src/layers/settings/needs.ts"
import { accountNamesOf, ofAccount } from "../../../src/layers/settings/ofAccount.ts"
import { normalize } from "../../../src/layers/settings/sources.ts"
import type { Config } from "../../../src/services/Config.ts"
import { KrakenAccountName } from "../../../src/services/KrakenAccount.ts"

type Variables = { readonly [name: string]: string }

const secretOf = (letter: string) => Buffer.alloc(64, letter).toString("base64")
const pairOf = (prefix: string, key: string) => ({
  [`${prefix}_API_KEY`]: key,
  [`${prefix}_API_SECRET`]: secretOf(key.slice(0, 1))
})
const two = { MCP_KRAKEN_ACCOUNTS: "desk, cold-store", ...pairOf("KRAKEN_DESK", "desk+key") }
const both = { ...two, ...pairOf("KRAKEN_COLD_STORE", "cold+key") }

const read = (environment: Variables, dotenv = "") =>
  decode({
    flags: new Map(),
    environment: normalize(environment),
    dotenv: parseDotenv(dotenv),
    stateFolder: "/state"
  })

/** Returns the settings that problems are about. */
const wrong = (...sources: Parameters<typeof read>) => read(...sources).problems.map((text) => text.split(/[:;]/)[0])

const keysOf = ({ accounts }: typeof Config.Service) =>
  accounts.map(({ credentials, name, tier }) => [
    name,
    Option.getOrUndefined(Option.map(credentials, ({ key }) => Redacted.value(key))),
    tier
  ])

describe("Kraken accounts with names", () => {
  it("have a key and can have a tier each, beside the key without a name", () => {
    const { config, problems } = read({ ...both, ...pairOf("KRAKEN", "the+key"), KRAKEN_COLD_STORE_TIER: "pro" })
    assert.deepStrictEqual(problems, [])
    assert.deepStrictEqual(keysOf(config), [
      ["desk", "desk+key", "starter"],
      ["cold-store", "cold+key", "pro"]
    ])
    assert.strictEqual(Redacted.value(Option.getOrThrow(config.credentials).key), "the+key")
  })

  it("need a key in live mode, and both halves of it", () => {
    assert.deepStrictEqual(wrong(two), ["KRAKEN_COLD_STORE_API_KEY and KRAKEN_COLD_STORE_API_SECRET"])
    assert.deepStrictEqual(wrong({ ...two, KRAKEN_COLD_STORE_API_KEY: "cold+key" }), ["KRAKEN_COLD_STORE_API_SECRET"])
    assert.deepStrictEqual(wrong({ ...both, KRAKEN_DESK_API_SECRET: "short" }), ["KRAKEN_DESK_API_SECRET"])
    assert.deepStrictEqual(wrong({ ...both, KRAKEN_DESK_TIER: "gold" }), ["KRAKEN_DESK_TIER"])
  })

  it("are simulated on paper, without a key", () => {
    const { config, problems } = read({ MCP_KRAKEN_ACCOUNTS: "desk", MCP_KRAKEN_MODE: "paper" })
    assert.deepStrictEqual(problems, [])
    assert.deepStrictEqual(keysOf(config), [["desk", undefined, "starter"]])
  })

  it("are refused with the key of another one", () => {
    const same = { KRAKEN_COLD_STORE_API_KEY: "desk+key", KRAKEN_COLD_STORE_API_SECRET: secretOf("d") }
    assert.deepStrictEqual(wrong({ ...two, ...same }), ["KRAKEN_COLD_STORE_API_KEY"])
    assert.deepStrictEqual(wrong({ ...both, ...pairOf("KRAKEN", "cold+key") }), ["KRAKEN_COLD_STORE_API_KEY"])
    assert.notInclude(read({ ...two, ...same }).problems.join(), "desk+key")
  })

  it("are refused with names that are not different or stand for something else", () => {
    for (const names of ["desk,desk", "default", "kraken", "Desk", "a_b", "local", "-", "paper,desk", "9"]) {
      assert.include(wrong({ MCP_KRAKEN_ACCOUNTS: names }), "MCP_KRAKEN_ACCOUNTS", names)
    }
  })

  it("are not made by a key that no name belongs to, which is said", () => {
    const { config } = read({ ...both, ...pairOf("KRAKEN_OLD", "old+key") })
    assert.lengthOf(config.accounts, 2)
    assert.isTrue(config.notices.some((notice) => notice.startsWith("KRAKEN_OLD_API_KEY ")))
    const alone = read(pairOf("KRAKEN_FUTURES", "other+key")).config
    assert.deepStrictEqual([alone.accounts, alone.notices], [[], []])
  })

  it("take keys and addresses from one source", () => {
    const { config, problems } = read(both, "KRAKEN_BASE_URL=https://elsewhere.test\nKRAKEN_DESK_API_OTP=123456\n")
    assert.deepStrictEqual(problems, [])
    assert.strictEqual(config.baseUrl, "https://api.kraken.com")
    assert.isTrue(
      config.accounts.every(({ credentials }) => Option.exists(credentials, ({ otp }) => Option.isNone(otp)))
    )
    assert.deepStrictEqual(
      wrong(
        { KRAKEN_BASE_URL: "https://elsewhere.test" },
        Object.entries(both)
          .map((pair) => pair.join("="))
          .join("\n")
      ),
      ["KRAKEN_BASE_URL"]
    )
  })

  it("are named by the setting for callers without a token", () => {
    assert.strictEqual(read({ ...both, MCP_KRAKEN_ACCOUNT: "desk" }).config.account, "desk")
    assert.strictEqual(read(both).config.account, "default")
    assert.deepStrictEqual(wrong({ ...both, MCP_KRAKEN_ACCOUNT: "old" }), ["MCP_KRAKEN_ACCOUNT"])
  })

  it("are listed for whoever misspells one, and not for a client of the server", () => {
    const { ofAccounts, problems } = read({ ...both, MCP_KRAKEN_ACCOUNT: "dsk" })
    assert.match(problems.join(), /desk.*default, desk, cold-store/)
    const error = new SettingsError({ problems: [...problems, "MCP_KRAKEN_PORT: expected a number"], ofAccounts })
    assert.include(error.message, "desk")
    assert.notMatch(error.forClients, /desk|cold/i)
    assert.include(error.forClients, "MCP_KRAKEN_PORT")
    const missing = read(two)
    assert.notMatch(new SettingsError(missing).forClients, /desk|cold/i)
    assert.strictEqual(new SettingsError({ problems: ["a"], ofAccounts: [] }).forClients, "Invalid settings:\n  a")
  })

  it("keep metrics from the bearers of tokens, who would see all of them", () => {
    assert.deepStrictEqual(wrong({ ...both, MCP_KRAKEN_METRICS: "token" }), ["MCP_KRAKEN_METRICS"])
    assert.deepStrictEqual(wrong({ ...both, MCP_KRAKEN_METRICS: "127.0.0.1:9464" }), [])
    assert.deepStrictEqual(wrong({ ...pairOf("KRAKEN", "the+key"), MCP_KRAKEN_METRICS: "token" }), [])
  })

  it("are known by name to a command that needs no key", () => {
    const { config, problems } = decode(
      {
        flags: new Map(),
        environment: normalize({ MCP_KRAKEN_ACCOUNTS: "desk" }),
        dotenv: parseDotenv(""),
        stateFolder: "/state"
      },
      tokenCreate
    )
    assert.deepStrictEqual([problems, accountNamesOf(config)], [[], ["default", "desk"]])
  })

  it("are each the only one of their own settings", () => {
    const { config } = read({ ...both, ...pairOf("KRAKEN", "the+key"), KRAKEN_DESK_TIER: "pro" })
    const keyOf = ({ credentials }: typeof Config.Service) =>
      Option.getOrUndefined(Option.map(credentials, ({ key }) => Redacted.value(key)))
    const of = (name: string) => {
      const own = ofAccount(config, KrakenAccountName(name))
      return [own.account, keyOf(own), own.tier, own.accounts]
    }
    assert.deepStrictEqual(["default", "desk", "cold-store"].map(of), [
      ["default", "the+key", "starter", []],
      ["desk", "desk+key", "pro", []],
      ["cold-store", "cold+key", "starter", []]
    ])
    // A name that the settings lack has no key, not that of another account.
    assert.deepStrictEqual(of("vault"), ["vault", undefined, "starter", []])
  })
})
