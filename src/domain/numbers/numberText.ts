/**
 * The most characters that the text of a number is allowed to have. No amount, price or time at Kraken needs more, and
 * arithmetic with so few digits takes no time. The length is checked first, since the time to parse a number grows with
 * the square of its digits.
 */
export const maxNumberLength = 40

/** Checks that a text is not longer than a number is allowed to be. */
export const isShort = (text: string): boolean => text.length <= maxNumberLength

/** Describes the fault of a number that is too long, without repeating the number. */
export const tooLong = (text: string): string =>
  `has ${text.length} characters; a number has at most ${maxNumberLength} characters`

/** The form of a decimal in a request: digits, an optional point, an optional minus. No exponent and no spaces. */
export const pattern = /^-?\d+(\.\d+)?$/

/** Checks that a text is a decimal in the form of requests, and short enough to be parsed. */
export const isDecimal = (text: string): boolean => isShort(text) && pattern.test(text)
