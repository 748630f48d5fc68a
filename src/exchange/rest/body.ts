import { parseJson } from "../../domain/wire/json.ts"
import type { Params } from "../wire/params.ts"
import { Refusal } from "../base/refusal.ts"

/**
 * Reads the arguments from a JSON body or a form. A body without a content type is read as a form. Numbers that a
 * double can't hold become the text of their digits. Bracketed names are nested: `close[price]=1`,
 * `orders[0][price]=1`.
 */
export const readBody = (contentType: string | undefined, body: Uint8Array): Params => {
  const type = (contentType ?? form).split(";", 1)[0]!.trim().toLowerCase()
  const text = new TextDecoder().decode(body)
  if (type === "application/json") return readJson(text)
  if (type === form) return readForm(text)
  throw new Refusal("EAPI:Bad request")
}

const form = "application/x-www-form-urlencoded"

const readJson = (text: string): Params => {
  const value = parsed(text)
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Refusal("EAPI:Bad request")
  return { ...value }
}

const parsed = (text: string): unknown => {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** Reads a query or a form, with nested names. */
export const readForm = (text: string): Params => {
  const root: Nested = new Map()
  for (const [name, value] of new URLSearchParams(text)) {
    const [, first = name, brackets = ""] = /^([^[]+)((?:\[[^\][]*\])*)$/.exec(name) ?? []
    const path = [first, ...Array.from(brackets.matchAll(/\[([^\][]*)\]/g), ([, part = ""]) => part)]
    put(root, path.slice(0, deepest), value)
  }
  return toObject(root)
}

/** Maximum depth of nested names. The deepest name of Kraken's is `orders[0][close][price]`. */
const deepest = 8

type Nested = Map<string, string | Nested>

const put = (target: Nested, [name = "", ...path]: ReadonlyArray<string>, value: string): void => {
  // `orders[]=…` appends.
  const key = name === "" ? String(target.size) : name
  if (path.length === 0) {
    target.set(key, value)
    return
  }
  const known = target.get(key)
  const inner = known instanceof Map ? known : new Map()
  target.set(key, inner)
  put(inner, path, value)
}

/** Converts nested maps to objects. `Object.fromEntries` treats `__proto__` as an ordinary name. */
const toObject = (nested: Nested): Params =>
  Object.fromEntries(Array.from(nested, ([name, value]) => [name, value instanceof Map ? toObject(value) : value]))
