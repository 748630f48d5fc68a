// Lists the packages that a build carries, with their licences: for people, and as a bill of materials (SBOM).
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Packages that npm installs beside the bundle, or whose files are copied into it. */
const beside = ["better-sqlite3-13", "better-sqlite3", "@resvg/resvg-wasm", "@fontsource/inter"]

/** Returns the folder of the package that a bundled file is from, in a project; undefined for a file of the project. */
const folderOf = (path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]

const isLicense = (name) => /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i.test(name)

/** Reads the packages of a build, given the files that it bundles. Sorted by name. */
export const partsOf = (root, inputs) => {
  const folders = new Set([
    ...inputs.flatMap((path) => folderOf(path) ?? []),
    ...beside.map((name) => `node_modules/${name}`).filter((folder) => existsSync(join(root, folder)))
  ])
  const parts = new Map()
  for (const folder of folders) {
    const { author, license, name, version } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
    const texts = readdirSync(join(root, folder))
      .filter(isLicense)
      .toSorted()
      .map((file) => readFileSync(join(root, folder, file), "utf8").trim())
    parts.set(`${name} ${version}`, { name, version, license, author: author?.name ?? author, texts })
  }
  return [...parts.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

/** Writes third-party-licenses.txt and sbom.cdx.json into a folder. */
export const writeParts = (root, folder, inputs, version) => {
  const parts = partsOf(root, inputs)
  writeFileSync(join(folder, "third-party-licenses.txt"), licensesText(parts))
  writeFileSync(join(folder, "sbom.cdx.json"), `${JSON.stringify(billOf(parts, version), null, 2)}\n`)
}

const line = "-".repeat(80)

const licensesText = (parts) =>
  [
    "mcp-kraken contains these packages, under these licences.",
    ...parts.flatMap(({ author, license, name, texts, version }) => [
      "",
      line,
      `${name} ${version} (${license})`,
      line,
      "",
      ...(texts.length > 0
        ? texts
        : [`By ${author ?? `the authors of ${name}`}. Its package has no text of the licence.`])
    ]),
    ""
  ].join("\n")

/** Returns the bill of materials in the form of CycloneDX 1.5. The same parts give the same bill. */
const billOf = (parts, version) => {
  const components = parts.map(({ license, name, version }) => ({
    type: "library",
    "bom-ref": purlOf(name, version),
    name,
    version,
    purl: purlOf(name, version),
    licenses: [/ (?:OR|AND) /.test(license) ? { expression: license } : { license: { id: license } }]
  }))
  const digest = createHash("sha256").update(JSON.stringify(components)).digest("hex")
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: `urn:uuid:${digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5")}`,
    version: 1,
    metadata: {
      component: { type: "application", "bom-ref": purlOf("mcp-kraken", version), name: "mcp-kraken", version, purl: purlOf("mcp-kraken", version) } // prettier-ignore
    },
    components,
    dependencies: [{ ref: purlOf("mcp-kraken", version), dependsOn: components.map(({ purl }) => purl) }]
  }
}

const purlOf = (name, version) => `pkg:npm/${name.replace("@", "%40")}@${version}`
