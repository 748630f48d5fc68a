export { toolsetNames, type ToolsetName } from "../domain/mandates/toolsetNames.ts"
