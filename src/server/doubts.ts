import { Option } from "effect"
import { settings } from "../layers/settings/settingDefinitions.ts"
import type { Config } from "../services/Config.ts"

/** Lists settings that a user might not expect: an address other than Kraken's, and a file that was not read. */
export const doubts = ({ baseUrl, unreadFile }: typeof Config.Service) => ({
  address: baseUrl === settings.baseUrl.fallback ? undefined : baseUrl,
  unreadFile: Option.getOrUndefined(unreadFile)
})
