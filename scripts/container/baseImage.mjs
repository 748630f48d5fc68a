// Makes the base image of the Dockerfile where no registry of images can be reached: Debian's packages by mmdebstrap,
// Node and npm from the npm registry. It stands in for the published one in tests, and only there.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { arch } from "node:process"
import { must, show, succeeds } from "./shell.mjs"

const certificates = "etc/ssl/certs/ca-certificates.crt"

/** Provides the image under its name for buildah: as it is there, from its registry, or made. */
export const provideBaseImage = (name) => {
  if (succeeds("buildah", ["inspect", "--type", "image", name])) return
  if (succeeds("buildah", ["pull", "--quiet", name])) return
  if (!succeeds("mmdebstrap", ["--version"]))
    throw new Error(`${name} can't be pulled; with mmdebstrap (a package of Debian) it is made instead`)
  console.error(`${name} can't be pulled. It is made from Debian's packages and the npm registry.`)
  const folder = mkdtempSync(join(tmpdir(), "mcp-kraken-base-"))
  try {
    const tree = join(folder, "root.tar")
    show("mmdebstrap", ["--quiet", "--variant=minbase", "bookworm", tree])
    const packages = join(folder, "packages")
    mkdirSync(packages)
    const node = `node-linux-${arch}`
    show("npm", ["install", "--prefix", packages, "--no-save", "--ignore-scripts", `${node}@24`, "npm@11"])
    const container = must("buildah", ["from", "scratch"])
    try {
      show("buildah", ["add", container, tree, "/"])
      const mounted = must("buildah", ["mount", container])
      const modules = join(mounted, "usr/local/lib/node_modules")
      mkdirSync(modules, { recursive: true })
      show("cp", ["-R", join(packages, "node_modules/npm"), modules])
      for (const name of ["npm", "npx"])
        must("ln", ["-sf", `../lib/node_modules/npm/bin/${name}-cli.js`, join(mounted, "usr/local/bin", name)])
      must("install", [join(packages, "node_modules", node, "bin/node"), join(mounted, "usr/local/bin/node")])
      const settings = ["--env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "--cmd", "node"]
      if (existsSync(`/${certificates}`)) {
        mkdirSync(join(mounted, "etc/ssl/certs"), { recursive: true })
        copyFileSync(`/${certificates}`, join(mounted, certificates))
        settings.push("--env", `NODE_EXTRA_CA_CERTS=/${certificates}`)
      }
      must("buildah", ["umount", container])
      must("buildah", ["config", ...settings, container])
      must("buildah", ["commit", "--quiet", container, name])
    } finally {
      must("buildah", ["rm", container])
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
