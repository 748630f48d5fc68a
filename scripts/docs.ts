// Writes the documents that are generated from the sources: `npm run docs`.
import { writeFileSync } from "node:fs"
import { documents, locate, read } from "./docs/documents.ts"

for (const { path, written } of documents) writeFileSync(locate(path), written(read(path)))
