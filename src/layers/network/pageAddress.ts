import { Option } from "effect"
import type { Config } from "../../services/Config.ts"
import { isLoopback } from "./loopback.ts"
import { urlHost } from "./urlHost.ts"

/** Returns the address of the page for approvals, without a slash at its end. None if the settings do not show one. */
export const pageAddress = ({
  operator,
  operatorUrl
}: Pick<typeof Config.Service, "operator" | "operatorUrl">): Option.Option<string> =>
  Option.orElse(Option.fromNullable(operatorUrl), () =>
    Option.map(
      Option.fromNullable(operator),
      // On loopback, nobody can read what is sent.
      ({ host, port }) => `${isLoopback(host) ? "http" : "https"}://${urlHost(host)}:${port}`
    )
  )
