import { tools } from "../tools/toolsets.ts"

/** The names of all tools, in the order of lists. */
export const toolNames: ReadonlyArray<string> = [...tools.keys()]
