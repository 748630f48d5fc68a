// Spares wording from mutation: text with a space in it is a sentence for people, which snapshots pin. Text without one,
// such as `post` or `limit`, is data.
import { declareValuePlugin, PluginKind } from "@stryker-mutator/api/plugin"

/** Text with a space between words, or at an end where a sentence goes on. */
export const isWording = (text) => /\S \S|^ | $/.test(text)

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, "wording", {
    shouldIgnore: ({ node }) => {
      const texts =
        node.type === "StringLiteral"
          ? [node.value]
          : node.type === "TemplateLiteral"
            ? node.quasis.map(({ value }) => value.raw)
            : []
      return texts.some(isWording) ? "wording" : undefined
    }
  })
]
