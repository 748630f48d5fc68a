import { escapeLines } from "../../domain/wire/escapeText.ts"

/** Prints a value as JSON that a terminal can show. It decodes to the same value. */
export const printJson = (value: unknown, indent = 0): string => escapeLines(JSON.stringify(value, undefined, indent))
