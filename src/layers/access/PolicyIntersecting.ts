import { Effect, Layer, Option } from "effect"
import { allows } from "../../domain/keys/permissions.ts"
import {
  accessBan,
  type Ban,
  credentialBan,
  hasToolset,
  isListedFor,
  toolsetBan
} from "../../domain/mandates/access.ts"
import { Config } from "../../services/Config.ts"
import { NotAllowed } from "../../services/LimitErrors.ts"
import { PermissionCache } from "../../services/PermissionCache.ts"
import { type Offer, Policy, ReadOnlyMode } from "../../services/Policy.ts"
import { type MandateInForce, Principal } from "../../services/Principal.ts"

/**
 * The policy that allows what all of these allow: the server's mode, toolsets and limits, the mandate of the principal,
 * and the permissions of the API key, in this order.
 */
export const PolicyIntersecting = Layer.effect(
  Policy,
  Effect.gen(function* () {
    const { hideDenied, readOnly, serverLimits, toolsets } = yield* Config
    const keys = yield* PermissionCache
    const chosen: ReadonlySet<string> = new Set(["general", ...toolsets])
    const isLimited = Option.isSome(serverLimits)

    const serves = ({ isEssential = false, mayRead, toolset }: Offer) =>
      (chosen.has(toolset) || (isEssential && chosen.has("essential"))) && (!readOnly || mayRead)

    const isOffered = (mandate: Option.Option<MandateInForce>) => (offer: Offer) =>
      serves(offer) &&
      !(isLimited && credentialBan(offer) !== undefined) &&
      Option.match(mandate, { onNone: () => true, onSome: ({ terms }) => offersByMandate(terms, offer) })

    return Policy.of({
      serverLimits,
      serves,
      admit: ({ name, toolset }) =>
        Effect.flatMap(Principal, ({ mandate }) =>
          Option.isNone(mandate)
            ? Effect.void
            : refusedBy("mandate", name, toolsetBan(mandate.value.terms, name, toolset))
        ),
      authorize: ({ endpoint, name, permissions, reads }) => {
        if (readOnly && !reads) return new ReadOnlyMode({ tool: name })
        const ban = isLimited ? credentialBan({ endpoint, name }) : undefined
        if (ban !== undefined) return refusedBy("server", name, ban)
        const byKey =
          endpoint === undefined || permissions.length === 0 ? Effect.void : keys.require(endpoint, permissions)
        return Effect.flatMap(Principal, ({ mandate }) =>
          Option.isNone(mandate)
            ? byKey
            : Effect.zipRight(
                refusedBy("mandate", name, accessBan(mandate.value.terms, { endpoint, name, reads })),
                byKey
              )
        )
      },
      offers: (offer) => Effect.map(Principal, ({ mandate }) => isOffered(mandate)(offer)),
      visible: Effect.fnUntraced(function* (tools) {
        const { mandate } = yield* Principal
        const offered = tools.filter(isOffered(mandate))
        if (!hideDenied) return offered
        return Option.match(yield* keys.known, {
          onNone: () => offered,
          onSome: (key) => offered.filter((tool) => allows(key.permissions, tool.permissions))
        })
      })
    })
  })
)

/** A tool that also reads is offered to a caller that can only read. */
const offersByMandate = (terms: MandateInForce["terms"], { endpoint, mayRead, name, toolset }: Offer): boolean =>
  hasToolset(terms, toolset) &&
  isListedFor(terms.access, { endpoint, reads: mayRead }) &&
  accessBan(terms, { endpoint, name, reads: mayRead }) === undefined

const refusedBy = (layer: NotAllowed["layer"], call: string, ban: Ban | undefined): Effect.Effect<void, NotAllowed> =>
  ban === undefined ? Effect.void : new NotAllowed({ layer, call, ...ban })
