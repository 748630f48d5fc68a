// Reads what compose files demand of a container, so that images are tried under exactly that.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { parse } from "yaml"

const expected = {
  cap_drop: ["ALL"],
  read_only: true,
  security_opt: ["no-new-privileges:true"],
  tmpfs: "/tmp",
  volumes: ["data:/data"]
}

/** Returns environment, health check and seconds of grace of the service. Throws for a restriction that is not known here. */
export const readService = (root, file) => {
  const service = parse(readFileSync(join(root, file), "utf8")).services["mcp-kraken"]
  for (const [name, value] of Object.entries(expected))
    if (JSON.stringify(service[name]) !== JSON.stringify(value))
      throw new Error(`${file} has another ${name} than the one that is tried`)
  const [kind, ...health] = service.healthcheck.test
  if (kind !== "CMD") throw new Error(`${file} has a health check that is not a command`)
  return {
    environment: service.environment,
    health,
    grace: Number(/^(\d+)s$/.exec(service.stop_grace_period)?.[1])
  }
}
