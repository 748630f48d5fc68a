import { endpoints } from "../domain/endpoints/endpoints.ts"
import type { Config } from "../services/Config.ts"
import { tools } from "../tools/toolsets.ts"

/** Lists the offered tools that move money out of the Kraken account. */
export const moneyOut = ({
  readOnly,
  toolsets
}: Pick<typeof Config.Service, "readOnly" | "toolsets">): ReadonlyArray<string> =>
  readOnly
    ? []
    : [...tools.values()]
        .filter(({ endpoint }) => endpoint !== undefined && endpoints[endpoint].moves === "out")
        .filter(({ isEssential, toolset }) =>
          toolsets.some((offered) => offered === toolset || (isEssential === true && offered === "essential"))
        )
        .map(({ name }) => name)
