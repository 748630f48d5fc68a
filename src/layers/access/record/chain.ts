import { createHash } from "node:crypto"

/** The end of the chain: the number of its last row and that row's hash. An empty record has the number 0. */
export interface Head {
  readonly seq: number
  /** 64 hexadecimal digits. */
  readonly hash: string
}

/** The head of a record without rows. */
export const emptyHead: Head = { seq: 0, hash: "0".repeat(64) }

/** SHA-256 of a row's body, in hex. The hash stays when the body is pruned. */
export const hashBody = (body: string | Buffer): string => createHash("sha256").update(body).digest("hex")

/** The head after another row: SHA-256 of the previous hash, the row's number and the hash of its body. */
export const extend = (head: Head, bodyHash: string): Head => {
  const seq = head.seq + 1
  return { seq, hash: createHash("sha256").update(`${head.hash}:${seq}:${bodyHash}`).digest("hex") }
}

/** Hexadecimal digits of a hash that a receipt shows. */
const receiptDigits = 16

/** Prints a receipt, such as `42:9f86d081884c7d65`. Whoever keeps it can show later that the record was cut or altered. */
export const receiptOf = ({ hash, seq }: Head): string => `${seq}:${hash.slice(0, receiptDigits)}`

/** A receipt as it was kept. */
export interface Receipt {
  readonly seq: number
  /** The first 16 or more digits of the row's hash. */
  readonly hash: string
}

/** Reads a receipt. Undefined if the text is none. */
export const parseReceipt = (text: string): Receipt | undefined => {
  const [, seq, hash] = /^([1-9]\d{0,14}):([0-9a-f]{16,64})$/.exec(text.trim().toLowerCase()) ?? []
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash }
}
