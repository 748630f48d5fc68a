/** Writes a command that can be pasted into a shell of the system. */
export const shellText = (words: ReadonlyArray<string>, platform: NodeJS.Platform): string =>
  words.map((word) => quote(word, platform)).join(" ")

const quote = (word: string, platform: NodeJS.Platform): string => {
  if (/^[\w./:@%+=,~-]+$/.test(word) || (platform === "win32" && /^[\w./:@+=,~\\-]+$/.test(word))) return word
  // No path on Windows has a quotation mark.
  return platform === "win32" ? `"${word}"` : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
