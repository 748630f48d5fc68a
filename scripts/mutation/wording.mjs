// Excludes wording from mutation: text with a space is a sentence for people, which snapshots pin. Text without a
// space, such as `post` or `limit`, is data.

/** Checks that a text has a space between words, or at an end if the sentence continues there. */
export const isWording = (text) => /\S \S|^ | $/.test(text)

export const strykerPlugins = [
  {
    kind: "Ignore",
    name: "wording",
    value: {
      // SQL statements are not wording, and expressions inside a sentence are mutated.
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
