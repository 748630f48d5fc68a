import { Option, Redacted } from "effect"
import { createHash } from "node:crypto"
import type { Config } from "../../../services/Config.ts"

/** The name under which rows of the configured account are kept: the SHA-256 of the API key, or `paper`. */
export const recordKeyOf = ({ credentials, mode }: Pick<typeof Config.Service, "credentials" | "mode">): string =>
  mode === "paper"
    ? "paper"
    : Option.match(credentials, {
        onNone: () => "none",
        onSome: ({ key }) => createHash("sha256").update(Redacted.value(key)).digest("hex")
      })
