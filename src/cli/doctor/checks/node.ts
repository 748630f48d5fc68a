import { Effect } from "effect"
import { type Check, error, type Finding } from "../kit/finding.ts"

/** The oldest Node that runs this program, as in package.json. */
const oldest = [20, 18] as const

/** The version of Node. */
export const nodeCheck: Check = {
  name: "Node",
  run: ({ system: { nodeVersion } }) => Effect.succeed(nodeFindings(nodeVersion))
}

/** Finds that Node is too old. It uses nothing that an old one lacks. */
export const nodeFindings = (version: string): ReadonlyArray<Finding> => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const isOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1])
  return isOld
    ? [
        error(
          "node.old",
          `This is Node ${version}, and mcp-kraken needs ${oldest.join(".")} or newer.`,
          "Install a newer Node, and start the server with it."
        )
      ]
    : []
}
