import type { Source } from "./sources.ts"
import { settings, type Values } from "./table.ts"

const { key, paperBalances, paperMarket, secret } = settings
const { flag, name } = settings.mode

interface Told {
  readonly flags: Source
  readonly environment: Source
  readonly dotenv: Source
  /** The mode that counts, where anybody asked for one. */
  readonly mode: Values["mode"]
  /** Undefined for a command that uses no key. */
  readonly hasKey: boolean | undefined
  /** The file beside the environment, as messages call it. */
  readonly file: string | undefined
}

/** Whose money it is must not be in doubt: where it is, nothing starts. */
export const modeProblems = ({ dotenv, environment, file, flags, hasKey, mode }: Told): ReadonlyArray<string> => {
  const [inEnvironment, inDotenv] = [environment, dotenv].map((source) => source.get(name)?.toLowerCase())
  const isPaper = mode === "paper"
  const forPaper = [paperMarket, paperBalances].find(({ name }) => environment.has(name) || dotenv.has(name))
  return [
    ...(mode === "live" && hasKey === false ? [`${name}: live needs ${key.name} and ${secret.name}`] : []),
    ...(flags.has(name) && isPaper && (inEnvironment ?? inDotenv) === "live"
      ? [`${name}: live, and --${flag}: expected one of them, not both`]
      : []),
    // Of other settings the environment's counts. Here somebody might rely on the other one.
    ...(inEnvironment !== undefined && inDotenv !== undefined && inEnvironment !== inDotenv
      ? [`${name}: ${inEnvironment} in the environment, and ${inDotenv} in ${file}: expected one of them, not both`]
      : []),
    ...(flags.has(paperMarket.name) && !isPaper
      ? [`${paperMarket.name} (--${paperMarket.flag}): expected in paper mode alone; add --${flag}`]
      : []),
    ...(mode === undefined && hasKey === true && forPaper !== undefined
      ? [`${name}: expected live or paper, since there is an API key, and ${forPaper.name} is set`]
      : [])
  ]
}
