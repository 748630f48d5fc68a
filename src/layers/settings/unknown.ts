import { distance } from "fastest-levenshtein"
import type { Needs } from "./needs.ts"
import type { Source } from "./sources.ts"
import { settings, withoutEffect } from "./settingDefinitions.ts"

/**
 * Recognises variables by which Kubernetes describes a service in the environment of every pod. For a service that is
 * called mcp-kraken they look like settings: `MCP_KRAKEN_PORT=tcp://10.0.0.1:8765`, `MCP_KRAKEN_SERVICE_HOST`,
 * `MCP_KRAKEN_PORT_8765_TCP_ADDR`.
 */
export const isServiceLink = (name: string, value: string): boolean =>
  name.startsWith("MCP_KRAKEN_") &&
  ((name.endsWith("_PORT") && /^(tcp|udp|sctp):\/\//.test(value)) ||
    /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?$/.test(name))

const names: ReadonlyArray<string> = Object.values(settings).map(({ name }) => name)

/** Lists unknown names of settings, so that a command never ignores a misspelt safety setting. */
export const unknownSettings = (variables: Source, { fields, refuseUnknown }: Needs): Array<string> => {
  const inUse = Array.from(fields, (field) => settings[field].name)
  return [...variables.keys()]
    .filter((name) => name.startsWith("MCP_KRAKEN_") && !isKnown(name))
    .filter((name) => refuseUnknown || inUse.includes(nearest(name)))
    .map(noSuchSetting)
}

/**
 * Lists variables whose names are similar to settings but lack the prefix. They are reported and ignored, since other
 * programs have variables that begin with KRAKEN_ too.
 */
export const lookalikes = (variables: Source): Array<string> =>
  [...variables.keys()]
    .filter((name) => name.includes("KRAKEN") && !name.startsWith("MCP_KRAKEN_") && !isKnown(name))
    .filter((name) => distance(name, nearest(name)) <= 2)
    .map((name) => `${noSuchSetting(name)} It is ignored.`)

/** Checks that a name is that of a setting, or one that is accepted without effect. */
export const isKnown = (name: string): boolean => names.includes(name) || name in withoutEffect

const noSuchSetting = (name: string): string => `${name}: no such setting; did you mean ${nearest(name)}?`

const nearest = (name: string): string =>
  names.reduce((best, known) => (distance(name, known) < distance(name, best) ? known : best))
