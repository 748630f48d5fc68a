import { parse } from "csv-parse/sync"
import { unzipSync } from "fflate"

/** An archive that grows beyond this is not opened: what Kraken sends is far smaller. */
const largest = 200 * 1024 * 1024

/** The rows of an export: the CSV or TSV files of Kraken's ZIP, one row an entry, under the names of the first line. */
export const readReport = (zip: Uint8Array): Array<Record<string, string>> => {
  let size = 0
  const files = unzipSync(zip, {
    filter: ({ originalSize }) => {
      size += originalSize
      if (size > largest) throw new RangeError(`the archive holds more than ${largest} bytes`)
      return true
    }
  })
  return Object.entries(files)
    .filter(([name]) => !name.endsWith("/"))
    .flatMap(([, bytes]) => {
      const text = new TextDecoder().decode(bytes)
      const delimiter = text.slice(0, text.indexOf("\n")).includes("\t") ? "\t" : ","
      return parse<Record<string, string>>(text, {
        columns: true,
        delimiter,
        skip_empty_lines: true,
        bom: true,
        relax_column_count: true
      })
    })
}
