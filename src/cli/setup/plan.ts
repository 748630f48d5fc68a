import type { Duration, Option } from "effect"
import type { TermTexts } from "../../domain/mandates/terms.ts"
import type { Client } from "./clients/clients.ts"

/** The way in which clients are to reach the server: they start it, or call one that runs. */
export type Way =
  | {
      readonly _tag: "Stdio"
      /** The arguments after `serve --stdio`. */
      readonly flags: ReadonlyArray<string>
    }
  | {
      readonly _tag: "Http"
      readonly url: string
      /** True if the tokens that are made open simulated accounts only. */
      readonly paperOnly: boolean
      readonly terms: TermTexts
      readonly lifetime: Duration.Duration
      /** The settings of the server, where its tokens are. */
      readonly envFile: Option.Option<string>
      readonly passphraseFd: Option.Option<number>
    }

/** The work of one setup. */
export interface Plan {
  readonly clients: ReadonlyArray<Client>
  readonly way: Way
}
