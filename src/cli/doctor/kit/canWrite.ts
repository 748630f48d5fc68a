import { Option } from "effect"
import { type Installation, krakenFields } from "./installation.ts"

/** Tells whether clients of a server can change something on a real account. It might if the settings for it are invalid. */
export const canWrite = ({ config }: Installation): boolean =>
  Option.match(config(...krakenFields, "readOnly"), {
    onNone: () => Option.match(config("mode"), { onNone: () => true, onSome: ({ mode }) => mode === "live" }),
    onSome: ({ credentials, mode, readOnly }) => mode === "live" && Option.isSome(credentials) && !readOnly
  })
