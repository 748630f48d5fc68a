import { inject } from "@effect/vitest"

/** Returns the path of the built command line, to be run with `process.execPath`. */
export const bundle = () => {
  const built = inject("bundle")
  if ("failure" in built) throw new Error(`The bundle could not be built: ${built.failure}`)
  return built.entry
}
