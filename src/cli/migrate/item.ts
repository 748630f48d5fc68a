/**
 * The effect of a move from the Python server on one thing: it stays as it is, it works differently, it has no effect here,
 * or this server does not start or does something else until it is changed.
 */
export type ItemEffect = "kept" | "changed" | "ignored" | "blocking"

/** One thing that somebody who moves from the Python server should know. */
export interface Item {
  /** The name of a setting, or of a part of the server. */
  readonly subject: string
  readonly effect: ItemEffect
  /** A sentence without a secret. */
  readonly text: string
}

const make =
  (effect: ItemEffect) =>
  (subject: string, text: string): Item => ({ subject, effect, text })

export const kept = make("kept")
export const changed = make("changed")
export const ignored = make("ignored")
export const blocking = make("blocking")
