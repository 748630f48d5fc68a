// Tries an image as compose.paper.yml runs it: with a read-only root, without capabilities, as its own user.
import assert from "node:assert/strict"
import { connect } from "./client.mjs"
import { readService } from "./composeFile.mjs"
import { until } from "./shell.mjs"

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", price: "1000", volume: "0.001" }

/** Lists the scenarios, each with a name. A scenario throws, or returns a reason why it was not tried. */
export const scenariosFor = (builder, root, image) => {
  const { environment: given, grace, health } = readService(root, "compose.paper.yml")
  // The market of Kraken can't be reached everywhere.
  const environment = { ...given, MCP_KRAKEN_PAPER_MARKET: "synthetic" }
  const start = (more) => builder.start({ image, environment, grace, ...more })
  const name = `mcp-kraken-try-${process.pid}`

  const healthy = (container) =>
    until("the health check", () => (container.exec(health).status === 0 ? true : undefined))

  const tokenOf = (container) => {
    const { status, stderr, stdout } = container.exec(["mcp-kraken", "token", "create", "try", "--json"])
    assert.equal(status, 0, stderr)
    return JSON.parse(stdout).token
  }

  const withContainer = async (more, body) => {
    const container = await start(more)
    try {
      return await body(container)
    } catch (error) {
      console.error(container.logs())
      throw error
    } finally {
      await container.remove()
    }
  }

  const withClient = async (...args) => {
    const body = args.pop()
    const client = await connect(...args)
    try {
      return await body(client)
    } finally {
      await client.close()
    }
  }

  /** Starts a server that has to end by itself, in words that name the folder, and not with a stack trace. */
  const refused = (more) =>
    withContainer(more, async (container) => {
      assert.equal(await container.ended(), 1)
      assert.match(container.logs(), /\/data/)
      assert.doesNotMatch(container.logs(), /\n\s+at /)
    })

  return [
    [
      "version",
      () =>
        withContainer({ volume: { kind: "small" }, args: ["version"] }, async (container) => {
          assert.equal(await container.ended(), 0)
          assert.match(container.logs(), /\d+\.\d+\.\d+/)
        })
    ],
    [
      "token, serve, health, a tool call, SIGTERM, and a restart on the same volume",
      async () => {
        const volume = builder.makeVolume(name)
        try {
          const [token, txid] = await withContainer({ volume }, async (container) => {
            await healthy(container)
            const { stdout: status } = container.exec(["cat", "/proc/self/status"])
            for (const [, field, value] of status.matchAll(/^(Uid|CapEff|CapBnd|NoNewPrivs):\s+(\S+)/gm))
              assert.equal(value, { Uid: "10001", NoNewPrivs: "1" }[field] ?? "0000000000000000", field)
            assert.notEqual(container.exec(["touch", "/app/dist/written"]).status, 0)
            const token = tokenOf(container)
            const placed = await withClient(container.url(), token, ({ use }) => use("add_order", order))
            assert.equal(await container.stop(), 0)
            return [token, placed.txid[0]]
          })
          await withContainer({ volume }, async (container) => {
            await healthy(container)
            assert.match(container.exec(["mcp-kraken", "token", "list"]).stdout, / try /)
            const { orders } = await withClient(container.url(), token, ({ use }) => use("get_open_orders"))
            assert.deepEqual(
              orders.map((one) => one.txid),
              [txid]
            )
            assert.equal(await container.stop(), 0)
          })
          // The volume has files now.
          await refused({ volume: { ...volume, kind: "read-only" } })
          await refused({ volume, user: 12345 })
        } finally {
          await builder.removeVolume(volume)
        }
      }
    ],
    [
      "a volume that fills up, and has room again",
      () =>
        withContainer({ volume: { kind: "small" } }, async (container) => {
          await healthy(container)
          const token = tokenOf(container)
          await withClient(container.url(), token, async ({ use }) => {
            await use("add_order", order)
            container.exec(["sh", "-c", "cat /dev/zero > /data/fill"])
            await assert.rejects(use("add_order", { ...order, volume: "0.002" }), /full/)
            assert.equal(container.exec(health).status, 0)
            assert.equal(container.exec(["rm", "/data/fill"]).status, 0)
            await use("add_order", { ...order, volume: "0.003" })
            const { orders } = await use("get_open_orders")
            assert.equal(orders.length, 2)
          })
          assert.equal(await container.stop(), 0)
        })
    ],
    ["a volume of another user", () => refused({ volume: { kind: "root" } })],
    [
      "compose.tls.yml: caddy in front",
      async () => {
        const domain = "kraken.localhost"
        const tls = await builder.startTls(root, domain, image, { environment, grace, start })
        if (tls === undefined) return "neither compose nor caddy is installed"
        try {
          const certificate = await tls.certificate()
          const token = await until("a token", () => {
            try {
              return JSON.parse(tls.exec(["mcp-kraken", "token", "create", "try", "--json"])).token
            } catch {
              return undefined
            }
          })
          const reach = { certificate, domain }
          await until("an answer through caddy", () =>
            withClient(`https://${domain}`, token, reach, ({ use }) => use("get_account_balance")).then(
              ({ balances }) => balances,
              () => undefined
            )
          )
          const other = { certificate, domain: "localhost" }
          await assert.rejects(withClient("https://localhost", token, other, () => {}))
        } finally {
          await tls.stop()
        }
        return undefined
      }
    ]
  ]
}
