import { distance } from "fastest-levenshtein"
import type { Needs } from "./needs.ts"
import type { Source } from "./sources.ts"
import { settings, withoutEffect } from "./table.ts"

/**
 * Kubernetes describes every service in the environment of every pod. One that is called mcp-kraken looks like settings:
 * `MCP_KRAKEN_PORT=tcp://10.0.0.1:8765`, `MCP_KRAKEN_SERVICE_HOST`, `MCP_KRAKEN_PORT_8765_TCP_ADDR`.
 */
export const isServiceLink = (name: string, value: string): boolean =>
  name.startsWith("MCP_KRAKEN_") &&
  ((name.endsWith("_PORT") && /^(tcp|udp|sctp):\/\//.test(value)) ||
    /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?$/.test(name))

const names: ReadonlyArray<string> = Object.values(settings).map(({ name }) => name)

/** A misspelt safety setting must never be ignored by a command that uses it. */
export const unknownSettings = (variables: Source, { fields, refuseUnknown }: Needs): Array<string> => {
  const inUse = Array.from(fields, (field) => settings[field].name)
  return [...variables.keys()]
    .filter((name) => name.startsWith("MCP_KRAKEN_") && !isKnown(name))
    .filter((name) => refuseUnknown || inUse.includes(nearest(name)))
    .map(noSuchSetting)
}

/** Other programs may have variables that begin with KRAKEN_; those that look like ours are told, and ignored. */
export const lookalikes = (variables: Source): Array<string> =>
  [...variables.keys()]
    .filter((name) => name.includes("KRAKEN") && !name.startsWith("MCP_KRAKEN_") && !isKnown(name))
    .filter((name) => distance(name, nearest(name)) <= 2)
    .map((name) => `${noSuchSetting(name)} It is ignored.`)

const isKnown = (name: string): boolean => names.includes(name) || name in withoutEffect

const noSuchSetting = (name: string): string => `${name}: no such setting; did you mean ${nearest(name)}?`

const nearest = (name: string): string =>
  names.reduce((best, known) => (distance(name, known) < distance(name, best) ? known : best))
