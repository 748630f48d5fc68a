/** The receipt of a write in `_meta`, such as `42:9f86d081884c7d65`. Who keeps it can show later that the record was altered. */
export const receiptMeta = (receipt: string | undefined) =>
  receipt === undefined ? {} : { "mcp-kraken/receipt": receipt }

/** The same in the text of an answer, for models that see no `_meta`. */
export const recordedAs = (receipt: string | undefined) =>
  receipt === undefined ? [] : [{ type: "text" as const, text: `Record ${receipt}` }]
