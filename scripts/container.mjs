#!/usr/bin/env node
// Builds the image of the Dockerfile with docker, podman or buildah, whichever is there, and tries it as the compose
// files restrict it. CONTAINER_BUILDER=buildah chooses. Buildah needs root, and bwrap, nsenter and setpriv to run the
// image: in a network of its own, with caddy in front if that is installed. The base image is made where it can't be
// pulled, if mmdebstrap is there.
//
//   npm run container                    builds the image, and tries it
//   npm run container -- --image NAME    tries an image that is there
import { dirname } from "node:path"
import { argv, env, execPath, exit } from "node:process"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { isUsable, makeBuildah } from "./container/buildah.mjs"
import { makeEngine } from "./container/engines.mjs"
import { scenariosFor } from "./container/scenarios.mjs"
import { run, succeeds } from "./container/shell.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Ways to build and run an image, in order of preference. */
const builders = {
  docker: { isThere: () => succeeds("docker", ["info"]), make: () => makeEngine("docker") },
  podman: { isThere: () => succeeds("podman", ["info"]), make: () => makeEngine("podman") },
  buildah: { isThere: isUsable, make: makeBuildah }
}

/** Exit code if nothing can build an image here. */
const nothingThere = 3

const find = (wanted) => Object.keys(builders).find((name) => (wanted ?? name) === name && builders[name].isThere())

const tryAll = async (builder, image) => {
  let failed = 0
  for (const [name, scenario] of scenariosFor(builder, root, image)) {
    try {
      const skipped = await scenario()
      console.log(skipped === undefined ? `passed: ${name}` : `not tried: ${name}: ${skipped}`)
    } catch (error) {
      failed++
      console.log(`failed: ${name}: ${error instanceof Error ? error.stack : error}`)
    }
  }
  return failed
}

const { values } = parseArgs({ args: argv.slice(2), options: { image: { type: "string" } } })
const name = find(env.CONTAINER_BUILDER)
if (name === undefined) {
  console.error("There is no docker or podman that answers, and no buildah with bwrap, nsenter and setpriv.")
  exit(nothingThere)
}
const builder = builders[name].make()
try {
  if (values.image === undefined) {
    console.log(`Building with ${builder.name}`)
    builder.build(root, "mcp-kraken")
    // Ports of a container are those of this machine without an engine, so it gets a network of its own.
    const again = [execPath, fileURLToPath(import.meta.url), "--image", "mcp-kraken"]
    const alone = ["--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", ...again]
    const [program, ...args] = name === "buildah" ? ["unshare", ...alone] : again
    const { status } = run(program, args, { stdio: "inherit", env: { ...env, CONTAINER_BUILDER: name } })
    process.exitCode = status === 0 ? 0 : 1
  } else process.exitCode = (await tryAll(builder, values.image)) > 0 ? 1 : 0
} finally {
  builder.close?.()
}
