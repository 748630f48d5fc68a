import { assert, describe, it } from "@effect/vitest"
import { guard } from "../../../src/layers/http/guard.ts"

const open = { host: "0.0.0.0", authDisabled: false, allowedOrigins: [], allowedHosts: [] }

describe("guard", () => {
  it("lets programs in, and pages from this machine", () => {
    const refuse = guard(open)
    assert.isUndefined(refuse(undefined, "kraken.example.com"))
    for (const origin of ["http://localhost:6274", "https://127.0.0.1", "http://[::1]:3000"]) {
      assert.isUndefined(refuse(origin, "kraken.example.com"))
    }
  })

  it("turns pages from elsewhere away, and names the setting", () => {
    const refuse = guard({ ...open, allowedOrigins: ["https://App.example.com", "tools.example.com"] })
    assert.include(refuse("https://evil.example", "x"), "MCP_KRAKEN_ALLOWED_ORIGINS")
    assert.include(refuse("null", "x"), "MCP_KRAKEN_ALLOWED_ORIGINS")
    assert.include(refuse("http://localhost.evil.example", "x"), "MCP_KRAKEN_ALLOWED_ORIGINS")
    assert.isUndefined(refuse("https://app.example.com", "x"))
    assert.isUndefined(refuse("https://tools.example.com:8443", "x"))
  })

  it("checks Host when bound to loopback, without authentication, or when hosts are listed", () => {
    for (const settings of [{ host: "127.0.0.1" }, { authDisabled: true }, { allowedHosts: ["kraken.example.com"] }]) {
      const refuse = guard({ ...open, ...settings })
      assert.include(refuse(undefined, "rebound.example:8765"), "MCP_KRAKEN_ALLOWED_HOSTS")
      assert.include(refuse(undefined, undefined), "MCP_KRAKEN_ALLOWED_HOSTS")
      assert.isUndefined(refuse(undefined, "localhost:8765"))
    }
    const refuse = guard({ ...open, allowedHosts: ["kraken.example.com"] })
    assert.isUndefined(refuse(undefined, "kraken.example.com:443"))
  })
})
