import { toolsetNames } from "../domain/mandates/toolsetNames.ts"

export { toolsetNames, type ToolsetName } from "../domain/mandates/toolsetNames.ts"

/** The toolsets that a server can offer. `essential` has the most used tools of the others. */
export const servedToolsets = [...toolsetNames, "essential"] as const
export type ServedToolset = (typeof servedToolsets)[number]
