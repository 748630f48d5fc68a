import { Effect, Layer, Option } from "effect"
import { allows } from "../../domain/keys/permissions.ts"
import { Config } from "../../services/Config.ts"
import { PermissionCache } from "../../services/PermissionCache.ts"
import { type Offer, Policy, ReadOnlyMode } from "../../services/Policy.ts"

/** One policy for all principals: the server's mode, its toolsets, and the permissions of the API key. */
export const PolicyOfServer = Layer.effect(
  Policy,
  Effect.gen(function* () {
    const { hideDenied, readOnly, toolsets } = yield* Config
    const keys = yield* PermissionCache
    const chosen: ReadonlySet<string> = new Set(["general", ...toolsets])
    const isOffered = ({ mayRead, toolset }: Offer) => chosen.has(toolset) && (!readOnly || mayRead)

    return Policy.of({
      authorize: ({ endpoint, name, permissions, reads }) => {
        if (readOnly && !reads) return new ReadOnlyMode({ tool: name })
        return endpoint === undefined || permissions.length === 0 ? Effect.void : keys.require(endpoint, permissions)
      },
      offers: (offer) => Effect.succeed(isOffered(offer)),
      visible: (tools) => {
        const offered = tools.filter(isOffered)
        if (!hideDenied) return Effect.succeed(offered)
        return Effect.map(
          keys.known,
          Option.match({
            onNone: () => offered,
            onSome: (key) => offered.filter((tool) => allows(key.permissions, tool.permissions))
          })
        )
      }
    })
  })
)
