/**
 * Characters that a number in text may have: no amount, price or time at Kraken needs more, and the arithmetic of so few
 * digits takes no time. It is checked before anything else is done with the text, since reading a number takes a time
 * that grows with the square of its digits.
 */
export const maxNumberLength = 40

/** The text is not longer than a number may be. */
export const isShort = (text: string): boolean => text.length <= maxNumberLength

/** The fault of a number that is too long, without the number. */
export const tooLong = (text: string): string =>
  `has ${text.length} characters; a number has at most ${maxNumberLength} characters`

/** The form of a decimal in a request: digits, one optional point, an optional minus. No exponent, no spaces. */
export const pattern = /^-?\d+(\.\d+)?$/

/** The text is a decimal as requests have it, and short enough to be read. */
export const isDecimal = (text: string): boolean => isShort(text) && pattern.test(text)
