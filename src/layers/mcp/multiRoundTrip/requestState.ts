import { Clock, Duration, Effect, Option, Redacted, Schema } from "effect"
import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID } from "node:crypto"
import { canonicalJson } from "../../../domain/wire/canonicalJson.ts"

/** What a sealed state belongs to. It opens for nothing else. */
export interface Binding {
  readonly caller: string
  readonly method: string
  readonly params: object
}

const lifetime = Duration.toMillis("10 minutes")

const Sealed = Schema.parseJson(
  Schema.Struct({ id: Schema.String, expires: Schema.Number, state: Schema.optional(Schema.Unknown) })
)
const write = Schema.encodeSync(Sealed)
const read = Schema.decodeOption(Sealed)

const [ivLength, tagLength] = [12, 16]

/** A text that only we can read or change (AES-256-GCM), good for ten minutes. */
export const encryptState = (
  key: Redacted.Redacted<Uint8Array>,
  binding: Binding,
  state: unknown
): Effect.Effect<string> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const iv = randomBytes(ivLength)
    const cipher = createCipheriv("aes-256-gcm", Redacted.value(key), iv).setAAD(digest(binding))
    const text = write({ id: randomUUID(), expires: now + lifetime, state })
    const sealed = [cipher.update(text, "utf8"), cipher.final()]
    return Buffer.concat([iv, cipher.getAuthTag(), ...sealed]).toString("base64url")
  })

/** What was sealed; undefined if it is not ours, was changed, belongs to something else or is too old. */
export const decryptState = (key: Redacted.Redacted<Uint8Array>, binding: Binding, text: string) =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const opened = Option.flatMap(decipher(Redacted.value(key), binding, text), read)
    return Option.getOrUndefined(Option.filter(opened, ({ expires }) => expires > now))
  })

const decipher = Option.liftThrowable((key: Uint8Array, binding: Binding, text: string) => {
  // Other spellings of the same bytes are not taken.
  const bytes = Buffer.from(text, "base64url")
  if (bytes.toString("base64url") !== text) throw new Error("not base64url")
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivLength), { authTagLength: tagLength })
    .setAAD(digest(binding))
    .setAuthTag(bytes.subarray(ivLength, ivLength + tagLength))
  return Buffer.concat([decipher.update(bytes.subarray(ivLength + tagLength)), decipher.final()]).toString("utf8")
})

const digest = ({ caller, method, params }: Binding): Buffer =>
  createHash("sha256")
    .update(canonicalJson([caller, method, params]))
    .digest()
