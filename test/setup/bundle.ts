import type { TestProject } from "vitest/node"
import { buildTo } from "../../scripts/build.mjs"

declare module "vitest" {
  interface ProvidedContext {
    readonly bundle: { readonly entry: string } | { readonly failure: string }
    readonly propertyScale: number
    readonly propertySeed: number
  }
}

/** Builds the command line once for all tests that start it. If the build fails, only those tests fail. */
export default ({ provide }: TestProject) =>
  buildTo("dist/test", { commandHost: "test/cli/commandHost.ts" }).then(
    (entry) => provide("bundle", { entry }),
    (error) => provide("bundle", { failure: String(error) })
  )
