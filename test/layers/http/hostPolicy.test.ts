import { assert, describe, it } from "@effect/vitest"
import { makeHostPolicy, makeIsListed } from "../../../src/layers/http/hostPolicy.ts"
import { isLoopback } from "../../../src/layers/network/loopback.ts"

const open = { host: "0.0.0.0", authDisabled: false, allowedOrigins: [], allowedHosts: [] }

describe("makeHostPolicy", () => {
  it("accepts programs, and pages of this machine", () => {
    const refuse = makeHostPolicy(open)
    assert.isUndefined(refuse(undefined, "kraken.example.com"))
    for (const origin of ["http://localhost:6274", "https://127.0.0.1", "http://[::1]:3000"]) {
      assert.isUndefined(refuse(origin, "kraken.example.com"))
    }
  })

  it("refuses pages of other machines, and names the setting", () => {
    const refuse = makeHostPolicy({ ...open, allowedOrigins: ["https://App.example.com", "tools.example.com"] })
    assert.include(refuse("https://evil.example", "x"), "MCP_KRAKEN_ALLOWED_ORIGINS")
    assert.include(refuse("null", "x"), "MCP_KRAKEN_ALLOWED_ORIGINS")
    assert.include(refuse("http://localhost.evil.example", "x"), "MCP_KRAKEN_ALLOWED_ORIGINS")
    assert.isUndefined(refuse("https://app.example.com", "x"))
    assert.isUndefined(refuse("https://tools.example.com:8443", "x"))
    assert.isUndefined(refuse("HTTPS://APP.example.com", "x"))
    for (const origin of ["http://app.example.com", "https://app.example.com:8443", "ftp://localhost", "localhost", ""])
      assert.isDefined(refuse(origin, "x"), origin)
  })

  it("refuses a page with the origin null, even if that is listed", () => {
    assert.isDefined(makeHostPolicy({ ...open, allowedOrigins: ["null"] })("null", "x"))
  })

  it("accepts desktop programs and extensions by their origin or their scheme, if listed", () => {
    const allowedOrigins = ["tauri://localhost", "vscode-webview:", "chrome-extension://abcdefghijklmnop"]
    const refuse = makeHostPolicy({ ...open, allowedOrigins })
    const isListed = makeIsListed({ allowedOrigins })
    for (const origin of ["tauri://localhost", "vscode-webview://0a1b2c", "chrome-extension://abcdefghijklmnop"]) {
      assert.isUndefined(refuse(origin, "x"), origin)
      assert.isTrue(isListed(origin), origin)
      assert.isDefined(makeHostPolicy(open)(origin, "x"), origin)
    }
    for (const origin of [
      "tauri://evil",
      "vscode-webview:",
      "vscode-webview://",
      "chrome-extension://other",
      "https://vscode-webview:",
      "http://abcdefghijklmnop",
      "null"
    ]) {
      assert.isDefined(refuse(origin, "x"), origin)
      assert.isFalse(isListed(origin), origin)
    }
  })

  it("checks Host when bound to loopback, without authentication, or when hosts are listed", () => {
    for (const settings of [{ host: "127.0.0.1" }, { authDisabled: true }, { allowedHosts: ["kraken.example.com"] }]) {
      const refuse = makeHostPolicy({ ...open, ...settings })
      assert.include(refuse(undefined, "rebound.example:8765"), "MCP_KRAKEN_ALLOWED_HOSTS")
      assert.include(refuse(undefined, undefined), "MCP_KRAKEN_ALLOWED_HOSTS")
      assert.isUndefined(refuse(undefined, "localhost:8765"))
    }
    const refuse = makeHostPolicy({ ...open, allowedHosts: ["Kraken.example.com", "other.example:81"] })
    for (const host of ["kraken.example.com:443", "KRAKEN.example.com", "other.example:81"])
      assert.isUndefined(refuse(undefined, host), host)
    for (const host of ["other.example:82", "kraken.example.com.evil.example", "", "a b"])
      assert.isDefined(refuse(undefined, host), host)
  })

  it("refuses a request without Host, whatever is listed", () => {
    assert.include(makeHostPolicy({ ...open, allowedHosts: ["undefined"] })(undefined, undefined), `"(none)"`)
  })

  it("quotes at most 200 characters of the header", () => {
    const refusal = makeHostPolicy(open)(`http://evil\n${"x".repeat(300)}`, "x")
    assert.include(refusal, `Origin "http://evil\\n${"x".repeat(188)}" is`)
  })
})

describe("isLoopback", () => {
  it("accepts the addresses of this machine, and no similar name", () => {
    const spellings = "localhost LocalHost 127.0.0.1 127.255.255.254 127.1 ::1 [::1] 0:0:0:0:0:0:0:1 [0::1]"
    for (const name of spellings.split(" ")) assert.isTrue(isLoopback(name), name)
    const others = [
      "0.0.0.0",
      "128.0.0.1",
      "localhost.",
      "localhost:8765",
      "evil@localhost",
      "localhost/evil",
      "1.127",
      "127.0.0.1.evil.example",
      "evil-127.0.0.1",
      "127.a.b.c",
      "::",
      ""
    ]
    for (const name of others) assert.isFalse(isLoopback(name), name)
  })
})

describe("makeIsListed", () => {
  it("accepts origins that the operator listed, whole or by host name, and not this machine", () => {
    const isListed = makeIsListed({ allowedOrigins: ["https://App.example.com", "tools.example.com", "null"] })
    for (const origin of ["https://app.example.com", "HTTPS://APP.example.com", "http://tools.example.com:3000"])
      assert.isTrue(isListed(origin), origin)
    for (const origin of ["http://app.example.com", "http://localhost:6274", "https://evil.example", "null"])
      assert.isFalse(isListed(origin), origin)
  })
})
