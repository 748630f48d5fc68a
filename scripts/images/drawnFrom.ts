import { createHash } from "node:crypto"
import { join } from "node:path"

/** The folder of the pictures in the documents. */
export const images = join(import.meta.dirname, "../../docs/images")

/** The file with the hashes of what pictures of a browser show. Their bytes depend on the browser and on the fonts of a machine. */
export const drawnFrom = join(images, "drawnFrom.json")

/** Hashes what pictures show, so that a test notices when it has changed since they were drawn. */
export const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex")

/** Leaves the words of what a program showed: without numbers, times and ids, which differ each time. */
export const wordsOf = (text: string): string =>
  text
    .replaceAll(/\bO[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{6}\b|\b\d+:[0-9a-f]{16}\b|\b\d[\d.:TZ-]*/g, "0")
    .replaceAll(/\s+/g, " ")
    .trim()

/** Reads the text of a picture that `terminalSvg` drew, one line a row. */
export const textOf = (svg: string): string =>
  [...svg.matchAll(/<text [^>]*>([^<]*)</g)]
    .map(([, text = ""]) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"))
    .join("\n")
