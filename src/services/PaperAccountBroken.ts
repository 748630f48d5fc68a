import { Schema } from "effect"

/** What is kept of a simulated account does not lead back to it. Nothing was done. */
export class PaperAccountBroken extends Schema.TaggedError<PaperAccountBroken>()("PaperAccountBroken", {
  account: Schema.String,
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `The paper account ${this.account} can't be read from ${this.file}: ${this.reason}. It can be started anew: mcp-kraken paper reset --account ${this.account}`
  }
}
