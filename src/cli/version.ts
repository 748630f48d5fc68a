import * as Command from "@effect/cli/Command"
import { Console } from "effect"
import { version as ours } from "../version.ts"

export const version = Command.make("version", {}, () => Console.log(ours)).pipe(
  Command.withDescription("Print the version")
)
