// Lets the conformance suite start on Node 20, which lacks the `globSync` that it imports and needs for other commands.
import { register } from "node:module"

const fs = `export * from "node:fs"; export { default } from "node:fs"; export const globSync = () => []`

const hooks = `export const resolve = (specifier, context, next) =>
  (specifier === "fs" || specifier === "node:fs") && context.parentURL?.includes("/@modelcontextprotocol/conformance/")
    ? { url: ${JSON.stringify(`data:text/javascript,${encodeURIComponent(fs)}`)}, shortCircuit: true }
    : next(specifier, context)`

register(`data:text/javascript,${encodeURIComponent(hooks)}`)
