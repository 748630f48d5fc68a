import { escapeText } from "../../domain/wire/escapeText.ts"

/** Text that is HTML already. Only `html` makes it. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** A value in a template. */
type Value = Html | string | number | undefined | ReadonlyArray<Html>

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

/** Escapes text. Characters that a reader would not see are shown as escapes, such as `\u202e`. */
const escape = (text: string): string =>
  escapeText(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)

const print = (value: Value): string => {
  if (value === undefined) return ""
  if (value instanceof Html) return value.text
  return typeof value === "object" ? value.map(({ text }) => text).join("") : escape(String(value))
}

/** Makes HTML of a template, and escapes each value that is not HTML. Attributes have to be in double quotation marks. */
export const html = (strings: TemplateStringsArray, ...values: ReadonlyArray<Value>): Html =>
  new Html(strings.reduce((all, text, index) => `${all}${print(values[index - 1])}${text}`))
