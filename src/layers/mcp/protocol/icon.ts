/** The icon of the server as SVG: a candlestick chart, drawn for this project. */
export const iconSvg =
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#2b2350"/>` +
  `<g stroke="#fff" stroke-width="1.5"><path d="M8 10v14M16 6v16M24 8v12"/></g>` +
  `<g><rect x="5.5" y="14" width="5" height="7" fill="#f0616d"/><rect x="13.5" y="10" width="5" height="8" fill="#4fd1a5"/>` +
  `<rect x="21.5" y="10" width="5" height="6" fill="#4fd1a5"/></g></svg>`
