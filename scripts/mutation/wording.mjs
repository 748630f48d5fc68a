// Spares wording from mutation: text with a space in it is a sentence for people, which snapshots pin. Text without one,
// such as `post` or `limit`, is data.

/** Text with a space between words, or at an end where a sentence goes on. */
export const isWording = (text) => /\S \S|^ | $/.test(text)

export const strykerPlugins = [
  {
    kind: "Ignore",
    name: "wording",
    value: {
      // Statements of SQL are no wording, and an expression inside one counts.
      shouldIgnore: ({ node, parent }) =>
        parent?.type !== "TaggedTemplateExpression" && textsOf(node).some(isWording) ? "wording" : undefined
    }
  }
]

const textsOf = (node) =>
  node.type === "StringLiteral"
    ? [node.value]
    : node.type === "TemplateLiteral"
      ? node.quasis.map(({ value }) => value.raw)
      : []
