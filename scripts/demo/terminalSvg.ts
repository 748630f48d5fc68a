/** The width of a character and the height of a line, in pixels. */
const [width, height] = [7.8, 20] as const

const columns = 104

const margin = 18

/** The colours by the character that a line begins with. */
const colours: Readonly<Record<string, string>> = {
  ">": "#8fd3ff",
  "❯": "#8fd3ff",
  $: "#ffd479",
  "#": "#8b93a7",
  "✔": "#8ad6a5",
  "?": "#8ad6a5"
}

/** Draws lines of text as a terminal. Long lines are wrapped. */
export const terminalSvg = (title: string, lines: ReadonlyArray<string>): string => {
  const rows = lines.flatMap((line) =>
    wrap(line).map((text) => ({ text, colour: colours[line.charAt(0)] ?? "#e6e9f0" }))
  )
  const [w, h] = [columns * width + 2 * margin, rows.length * height + 2 * margin + 24]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" role="img" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${w}" height="${h}" rx="10" fill="#14181f"/>`,
    ...["#ff5f57", "#febc2e", "#28c840"].map(
      (fill, index) => `<circle cx="${margin + 4 + index * 20}" cy="20" r="6" fill="${fill}"/>`
    ),
    ...rows.map(
      ({ colour, text }, index) =>
        `<text x="${margin}" y="${margin + 34 + index * height}" fill="${colour}" xml:space="preserve">${escape(text)}</text>`
    ),
    "</svg>",
    ""
  ].join("\n")
}

const wrap = (line: string): ReadonlyArray<string> => {
  const rows = [""]
  for (const word of line.split(/(?<=\S)(?= )/)) {
    const last = rows.at(-1) ?? ""
    if (last.length + word.length <= columns) rows[rows.length - 1] = last + word
    else rows.push(`    ${word.trimStart()}`)
  }
  return rows
}

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
