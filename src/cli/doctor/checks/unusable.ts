import type { Look } from "../../../layers/storage/lookInto.ts"
import { error, type Finding, info, warning } from "../kit/finding.ts"

/** Finds out why a database could not be read. A missing file is left to the caller. */
export const unusable = (
  file: string,
  look: Exclude<Look<unknown>, { readonly _tag: "Read" | "Missing" }>
): ReadonlyArray<Finding> => {
  switch (look._tag) {
    case "Locked":
      return [
        warning(
          "database.locked",
          `The database ${file} is locked by another program, so it was not checked.`,
          "End the program that holds it; a server of mcp-kraken does not."
        )
      ]
    case "Forbidden":
      return [
        info("database.unreadable", `The database ${file} can't be read by this user. Its own user can check it.`)
      ]
    case "Unusable":
      return [
        error(
          "database.damaged",
          `The database ${file} can't be used: ${look.reason}.`,
          "Put a backup in its place; docs/operations.md describes how."
        )
      ]
  }
}
