import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { keyFindings } from "../../../src/cli/doctor/checks/key.ts"
import type { KeyInfo } from "../../../src/domain/keys/keyInfo.ts"
import { toolsetNames } from "../../../src/services/Toolset.ts"

const now = DateTime.unsafeMake(Date.UTC(2026, 0, 1))
const day = 86_400

/** A key with which nothing is wrong. */
const good: KeyInfo = {
  name: "desk",
  permissions: new Set(["query-funds", "query-open-trades", "query-closed-trades", "modify-trades"]),
  nonce: 1n,
  nonceWindow: 0n,
  validUntil: now.epochMillis / 1000 + 90 * day,
  queryFrom: 0,
  queryTo: 0,
  ipAllowlist: ["198.51.100.1"]
}

const found = (changes: Partial<KeyInfo>, offer: Parameters<typeof keyFindings>[1] = everything) =>
  keyFindings({ ...good, ...changes }, offer, now)
    .map(({ id, severity }) => `${severity} ${id}`)
    .filter((finding) => finding !== "info key.no-nonce-window")

const everything = { readOnly: false, toolsets: toolsetNames }
const onlyReads = { readOnly: true, toolsets: toolsetNames }

describe("the audit of an API key", () => {
  it("finds nothing about a good one", () => assert.deepStrictEqual(found({}), []))

  it("tells what a nonce window gives and takes, whether there is one or not", () => {
    const about = (nonceWindow: bigint) => keyFindings({ ...good, nonceWindow }, everything, now).map(({ id }) => id)
    assert.deepStrictEqual(about(0n), ["key.no-nonce-window"])
    assert.deepStrictEqual(about(1n), ["key.nonce-window"])
  })

  it.each([
    [-1, ["error key.expired"]],
    [0, ["error key.expired"]],
    [13, ["warning key.expires-soon"]],
    [15, []]
  ])("of a key that expires in %d days finds %j", (days, expected) => {
    assert.deepStrictEqual(found({ validUntil: now.epochMillis / 1000 + days * day }), expected)
  })

  it.each(["withdraw-funds", "add-withdraw-address", "update-withdraw-address"])("warns of %s", (permission) => {
    assert.deepStrictEqual(found({ permissions: new Set([...good.permissions, permission]) }), [
      "warning key.withdrawal"
    ])
  })

  it("warns of permissions that are missing only where orders are sent", () => {
    const permissions = new Set(["modify-trades", "query-funds"])
    assert.deepStrictEqual(found({ permissions }), ["warning key.query-missing"])
    assert.deepStrictEqual(found({ permissions }, onlyReads), ["info key.query-missing"])
    assert.deepStrictEqual(found({ permissions: new Set() }), ["info key.query-missing"])
  })

  it("names each weakness of a key without any limit", () => {
    assert.deepStrictEqual(found({ validUntil: 0, ipAllowlist: [], nonceWindow: 1n }), [
      "warning key.no-expiry",
      "warning key.no-address-list",
      "warning key.nonce-window"
    ])
  })
})
