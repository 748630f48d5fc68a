import { Option, Predicate } from "effect"
import type { AnyTool } from "../../../tools/toolsets.ts"
import type { Json } from "../protocol/messages.ts"

/**
 * The name of the extension by which clients show pages.
 *
 * @see https://github.com/modelcontextprotocol/ext-apps/blob/main/specification/2026-01-26/apps.mdx read 2026-11-29
 */
const extension = "io.modelcontextprotocol/ui"

/**
 * Checks that a client shows pages, or might. Over HTTP the capabilities of clients with a handshake are not known: those
 * that show no pages ignore the metadata, and models never see it.
 */
export const showsPages = (client: Option.Option<Json>): boolean =>
  Option.match(client, {
    onNone: () => true,
    onSome: ({ extensions }) => Predicate.isRecord(extensions) && Predicate.isRecord(extensions[extension])
  })

/**
 * Makes the definition of a tool for a client that shows pages. Pages cannot call the tool, since they need none. Older
 * clients read the page under a flat key.
 */
export const definitionFor = ({ definition, page }: AnyTool): AnyTool["definition"] =>
  page === undefined
    ? definition
    : {
        ...definition,
        _meta: { ...definition._meta, ui: { resourceUri: page, visibility: ["model"] }, "ui/resourceUri": page }
      }
