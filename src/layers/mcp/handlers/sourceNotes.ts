import { Option } from "effect"
import type { Source } from "../../../services/CallContext.ts"

/**
 * Makes the part of `_meta` that tells the origin of an answer and its age: `websocket` if it is of live data, `rest` if
 * Kraken was asked. Only answers that live data can give have it.
 */
export const sourceMeta = (noted: Option.Option<Source>) =>
  Option.match(noted, {
    onNone: () => ({}),
    onSome: ({ age, source }) => ({ "mcp-kraken/source": source, "mcp-kraken/age_ms": Math.round(age) })
  })

/** Joins the origins of an answer that several requests made. One that is in part of REST counts as such. */
export const oldestOf = (noted: Option.Option<Source>, { age, source }: Source): Source =>
  Option.match(noted, {
    onNone: () => ({ age, source }),
    onSome: (other) => ({
      age: Math.max(age, other.age),
      source: source === "rest" ? source : other.source
    })
  })
