/**
 * Characters that a reader does not see as they are: control characters (C0, C1 and DEL), separators of lines, directions
 * of text, tags and other invisible characters, and halves of surrogate pairs. They can move a cursor, forge a line or hide
 * words. The joiners of U+200C and U+200D stay, since words of some scripts need them.
 */
const hidden = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|(?![\u200C\u200D])\p{Cf}/gu

/** Text without any of them, such as nearly every line of the log. */
const plain = /^[ -~]*$/

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

const escapeUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`

const escape = (character: string): string => short[character] ?? character.split("").map(escapeUnit).join("")

/**
 * Escapes hidden characters and line breaks as JSON does, such as `\u001b` and `\n`, so that the text stays on one line. It
 * is meant for texts of others: of Kraken, of clients, names of tokens. Text that is JSON keeps its meaning.
 */
export const escapeText = (text: string): string => (plain.test(text) ? text : text.replaceAll(hidden, escape))

/** Escapes hidden characters as `escapeText` does, but keeps line feeds and tabs, for texts of several lines. */
export const escapeLines = (text: string): string =>
  text.replaceAll(hidden, (character) => (character === "\n" || character === "\t" ? character : escape(character)))

/** The most characters of a text of Kraken that are quoted. Its errors are much shorter. */
const longest = 300

/**
 * Quotes Kraken's own texts in an error, so that no words of theirs can pass for those of this server: each on one line, in
 * quotation marks, which are escaped within the text.
 */
export const quoteTexts = (texts: ReadonlyArray<string>): string =>
  texts
    .map((text) => {
      const shown = text.length > longest ? `${text.slice(0, longest)}…` : text
      return `"${escapeText(shown.replaceAll(/["\\]/g, "\\$&"))}"`
    })
    .join("; ")
