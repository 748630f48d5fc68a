import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { bundle } from "../../scripts/build.mjs"
import { partsOf, writeParts } from "../../scripts/parts.mjs"
import { read, root } from "../distribution/files.ts"
import { temporaryFolder } from "../temporaryFolder.ts"

const { metafile } = await bundle("dist", false)
const inputs = Object.keys(metafile.inputs)

describe("the parts of a build", () => {
  it("are the packages that it bundles, that npm installs beside it, and that draw pictures, as the lock has them", () => {
    const { packages } = JSON.parse(read("package-lock.json"))
    const parts = partsOf(root, inputs)
    const bundled = inputs.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
    const names = parts.map(({ name }) => name)
    assert.includeMembers(names, [...new Set(bundled), "@resvg/resvg-wasm", "@fontsource/inter", "better-sqlite3"])
    for (const { license, name, version } of parts) {
      assert.isString(license, name)
      const locked = Object.entries<{ readonly version: string }>(packages).some(
        ([path, entry]) => entry.version === version && path.includes(`node_modules/${name}`)
      )
      // Two versions of better-sqlite3 are installed, one of them by another name.
      assert.isTrue(locked || name === "better-sqlite3", name)
    }
  })

  it.scoped("are named with their licences for people, and for programs in the form of CycloneDX", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const write = () => writeParts(root, folder, inputs, "1.2.3")
      write()
      const [bill, text] = ["sbom.cdx.json", "third-party-licenses.txt"].map((name) =>
        readFileSync(join(folder, name), "utf8")
      )
      const { bomFormat, components, metadata, serialNumber } = JSON.parse(bill ?? "")
      assert.strictEqual(bomFormat, "CycloneDX")
      assert.match(serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.strictEqual(metadata.component.purl, "pkg:npm/mcp-kraken@1.2.3")
      const effect = components.find(({ name }: { readonly name: string }) => name === "effect")
      assert.deepInclude(effect, { purl: `pkg:npm/effect@${effect.version}`, licenses: [{ license: { id: "MIT" } }] })
      for (const { name, version } of components) assert.include(text, `\n${name} ${version} (`)
      assert.include(text, "Permission is hereby granted, free of charge")
      write()
      assert.strictEqual(readFileSync(join(folder, "sbom.cdx.json"), "utf8"), bill)
    })
  )
})
