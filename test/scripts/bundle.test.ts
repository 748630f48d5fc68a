import { assert, describe, it } from "@effect/vitest"
import { bundle } from "../../scripts/build.mjs"

const { metafile } = await bundle("dist", false)
const outputs = Object.entries(metafile.outputs)

/** Lists the files that are loaded with these modules of `src`. */
const loadedWith = (...modules: ReadonlyArray<string>) => {
  const found = new Set<string>()
  const load = (path: string) => {
    if (found.has(path)) return
    found.add(path)
    for (const { external, kind, path: next } of metafile.outputs[path]?.imports ?? []) {
      if (kind === "import-statement" && !external) load(next)
    }
  }
  for (const module of modules) load(outputs.find(([, { entryPoint }]) => entryPoint === module)?.[0] ?? module)
  return [...found].map((path) => {
    const output = metafile.outputs[path]
    if (output === undefined) throw new Error(`${path} is not in the bundle`)
    return output
  })
}

/** Lists the packages and the folders of `src` among loaded files. */
const partsOf = (loaded: ReturnType<typeof loadedWith>) => {
  const inputs = loaded.flatMap(({ inputs }) => Object.entries(inputs)).filter(([, input]) => input.bytesInOutput > 0)
  const names = inputs.map(([path]) => /(?:.*node_modules\/((?:@[^/]+\/)?[^/]+)|src\/[^/.]+)/.exec(path))
  return [...new Set(names.map((match) => match?.[1] ?? match?.[0] ?? ""))].toSorted()
}

describe("the bundle", () => {
  it("needs only itself and the maker of folders to tell the version", () => {
    assert.deepStrictEqual(partsOf(loadedWith("src/bin.ts")), ["src/bin", "src/layers", "src/version"])
  })

  it("tells of tokens without tools and SDK, and serves tools without the SDK, which other methods load", () => {
    const sdk = ["@modelcontextprotocol/sdk", "ajv", "zod"]
    const heavy = [...sdk, "src/tools"]
    const tokens = partsOf(loadedWith("src/bin.ts", "src/Main.ts", "src/cli/commandLine.ts", "src/cli/token/tokens.ts"))
    assert.include(tokens, "@effect/cli")
    assert.deepStrictEqual(
      tokens.filter((part) => heavy.includes(part)),
      []
    )
    const product = partsOf(loadedWith("src/server/productOverStdio.ts"))
    assert.include(product, "src/tools")
    assert.deepStrictEqual(
      product.filter((part) => sdk.includes(part)),
      []
    )
    assert.includeMembers(partsOf(loadedWith("src/layers/mcp/server/sdk.ts")), sdk)
  })

  it("loads the renderer of pictures only when a picture is drawn", () => {
    assert.notInclude(partsOf(loadedWith("src/server/productOverStdio.ts")), "@resvg/resvg-wasm")
    assert.include(partsOf(loadedWith("src/layers/pictures/renderer.ts")), "@resvg/resvg-wasm")
  })

  it("loads the driver of PostgreSQL only for a database of PostgreSQL, and without native parts", () => {
    const users = ["src/server/overHttp.ts", "src/server/productOverStdio.ts", "src/cli/token/tokens.ts"]
    for (const user of users) assert.notInclude(partsOf(loadedWith(user)), "pg")
    assert.notInclude(partsOf(loadedWith("src/layers/storage/postgres.ts")), "@effect/sql-pg")
    assert.isTrue(Object.keys(metafile.inputs).some((path) => path.includes("node_modules/pg/")))
    assert.isFalse(Object.keys(metafile.inputs).some((path) => path.includes("node_modules/pg-native/")))
  })

  it("sends traces without OpenTelemetry's own packages, and loads the exporter only for that", () => {
    const all = Object.keys(metafile.inputs).filter((path) => path.includes("node_modules/@opentelemetry/"))
    assert.deepStrictEqual(all, [])
    assert.notInclude(partsOf(loadedWith("src/server/overHttp.ts")), "@effect/opentelemetry")
    assert.include(partsOf(loadedWith("src/layers/tracing/otlp/OtlpExport.ts")), "@effect/opentelemetry")
  })

  it("answers initialize over stdio without a command line, tools, SDK, zod, HTTP, SQL, schemas and streams", () => {
    const loaded = loadedWith("src/bin.ts", "src/Main.ts", "src/server/server.ts", "src/server/overStdio.ts")
    assert.deepStrictEqual(partsOf(loaded), [
      "@effect/platform",
      "@effect/platform-node",
      "@effect/platform-node-shared",
      "dotenv",
      "effect",
      "fastest-levenshtein",
      // Ids of requests that a number does not hold.
      "lossless-json",
      "src/Main",
      "src/bin",
      "src/cli",
      // The check of how deep a message is nested.
      "src/domain",
      "src/layers",
      "src/server",
      "src/services",
      "src/version"
    ])
    const modules = loaded.flatMap(({ inputs }) => Object.keys(inputs))
    for (const name of ["Schema", "Stream"]) assert.notInclude(modules, `node_modules/effect/dist/esm/${name}.js`)
    // Modules of Effect that are not tree-shaken are twice as large.
    const bytes = loaded.reduce((sum, output) => sum + output.bytes, 0)
    assert.isBelow(bytes, 600_000)
  })
})
