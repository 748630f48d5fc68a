import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { chartPage, pageType } from "../../../../src/tools/portfolio/page.ts"
import { directory } from "../../../fixtures/krakenLists.ts"
import { handshake, stateless, TestMcpHttpHandler } from "../../../doubles/TestMcp.ts"

const edge = TestMcpHttpHandler({ directory })

/** Lists the tools of an answer that name a page, with their metadata. */
const withPage = (body: { readonly result: { readonly tools: ReadonlyArray<{ name: string; _meta?: object }> } }) =>
  Object.fromEntries(body.result.tools.flatMap(({ _meta, name }) => (_meta === undefined ? [] : [[name, _meta]])))

const metadata = { ui: { resourceUri: chartPage, visibility: ["model"] }, "ui/resourceUri": chartPage }

const shown = { get_portfolio: metadata, get_chart: metadata }

describe("a page for answers", () => {
  it.effect("is named by its tools to clients that show pages, and to those that might", () =>
    Effect.gen(function* () {
      const capabilities = { extensions: { "io.modelcontextprotocol/ui": { mimeTypes: [pageType] } } }
      const _meta = { "io.modelcontextprotocol/clientCapabilities": capabilities }
      const able = yield* stateless("tools/list", { _meta })
      assert.deepStrictEqual(withPage(able.body), shown)
      const unknown = yield* handshake("tools/list")
      assert.deepStrictEqual(withPage(unknown.body), shown)
      const unable = yield* stateless("tools/list")
      assert.deepStrictEqual(withPage(unable.body), {})
    }).pipe(Effect.provide(edge))
  )

  it.effect("is one document of its own type that needs no network", () =>
    Effect.gen(function* () {
      const [content] = (yield* stateless("resources/read", { uri: chartPage })).body.result.contents
      assert.deepInclude(content, { uri: chartPage, mimeType: pageType })
      assert.deepStrictEqual(content._meta.ui.csp, { connectDomains: [], resourceDomains: [] })
      assert.notMatch(content.text, /(src|href)="?http/)
    }).pipe(Effect.provide(edge))
  )

  it.effect("is not there without its tools", () =>
    Effect.gen(function* () {
      const { body } = yield* handshake("resources/read", { uri: chartPage })
      assert.strictEqual(body.error.code, -32002)
    }).pipe(Effect.provide(TestMcpHttpHandler({ directory }, { toolsets: ["market"] })))
  )
})
