import { inject } from "@effect/vitest"

/** The path of the built command line: run it with `process.execPath`. */
export const bundle = () => {
  const built = inject("bundle")
  if ("failure" in built) throw new Error(`The bundle could not be built: ${built.failure}`)
  return built.entry
}
