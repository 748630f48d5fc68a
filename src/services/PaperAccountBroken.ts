import { Schema } from "effect"

/** A simulated account whose stored journal can't be replayed. Nothing was done. */
export class PaperAccountBroken extends Schema.TaggedError<PaperAccountBroken>()("PaperAccountBroken", {
  account: Schema.String,
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `The paper account ${this.account} can't be read from ${this.file}: ${this.reason}. See docs/paper.md.`
  }
}
