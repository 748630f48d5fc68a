import type { Source } from "./sources.ts"
import { settings, type Values } from "./settingDefinitions.ts"

const { key, paperBalances, paperMarket, secret } = settings
const { flag, name } = settings.mode

interface ModeSources {
  readonly flags: Source
  readonly environment: Source
  readonly dotenv: Source
  /** The mode in effect, if one was set. */
  readonly mode: Values["mode"]
  /** True if an API key is set. Undefined for a command that uses no key. */
  readonly hasKey: boolean | undefined
  /** The name of the settings file, for messages. */
  readonly file: string | undefined
}

/** Lists conflicts about the mode. The server refuses to start if it is in doubt whether real money is at stake. */
export const modeProblems = ({
  dotenv,
  environment,
  file,
  flags,
  hasKey,
  mode
}: ModeSources): ReadonlyArray<string> => {
  const [inEnvironment, inDotenv] = [environment, dotenv].map((source) => source.get(name)?.toLowerCase())
  const isPaper = mode === "paper"
  const forPaper = [paperMarket, paperBalances].find(({ name }) => environment.has(name) || dotenv.has(name))
  return [
    ...(mode === "live" && hasKey === false ? [`${name}: live needs ${key.name} and ${secret.name}`] : []),
    ...(flags.has(name) && isPaper && (inEnvironment ?? inDotenv) === "live"
      ? [`${name}: live, and --${flag}: expected one of them, not both`]
      : []),
    // For other settings the environment wins. For this one, a user might rely on the value in the file.
    ...(inEnvironment !== undefined && inDotenv !== undefined && inEnvironment !== inDotenv
      ? [`${name}: ${inEnvironment} in the environment, and ${inDotenv} in ${file}: expected one of them, not both`]
      : []),
    ...(flags.has(paperMarket.name) && !isPaper
      ? [`${paperMarket.name} (--${paperMarket.flag}): expected only in paper mode; add --${flag}`]
      : []),
    ...(mode === undefined && hasKey === true && forPaper !== undefined
      ? [`${name}: expected live or paper, since there is an API key, and ${forPaper.name} is set`]
      : [])
  ]
}
