// Writes the documents that are generated from the sources: `npm run docs`.
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { documents, locate, read } from "./docs/documents.ts"
import { drawIcon, iconPath } from "./docs/icon.ts"

for (const { path, written } of documents) writeFileSync(locate(path), written(read(path)))
writeFileSync(locate(iconPath), await Effect.runPromise(drawIcon))
