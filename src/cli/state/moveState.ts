import { Effect } from "effect"
import { ConfigEnv } from "../../layers/settings/ConfigEnv.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { PassphraseTerminal } from "../../layers/terminal/PassphraseTerminal.ts"
import type { From, FromOperator } from "../audit/record.ts"
import { exportState as toFile } from "./exportState.ts"
import { importState as fromFile } from "./importState.ts"

/** The commands that move a state between files and PostgreSQL, with the settings that name both. */

interface Of {
  readonly file: string
}

export const exportState = ({ envFile, file }: Of & From) =>
  toFile({ file }).pipe(Effect.scoped, Effect.provide(ConfigEnv(Needs.tokenChange, envFile)))

export const importState = ({ envFile, file, passphraseFd }: Of & FromOperator) =>
  fromFile({ file }).pipe(
    Effect.scoped,
    Effect.provide([PassphraseTerminal(passphraseFd), ConfigEnv(Needs.tokenChange, envFile)])
  )
