import { Clock, Duration, Effect, Option, Redacted, Schema } from "effect"
import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID } from "node:crypto"
import { canonicalJson } from "../../../domain/wire/canonicalJson.ts"

/** The request that an encrypted state belongs to. The state can't be decrypted for any other request. */
export interface Binding {
  readonly caller: string
  readonly method: string
  readonly params: object
}

/** The time for which a state is valid. */
const lifetime = Duration.toMillis("10 minutes")

const StateEnvelope = Schema.parseJson(
  Schema.Struct({ id: Schema.String, expires: Schema.Number, state: Schema.optional(Schema.Unknown) })
)
const encode = Schema.encodeSync(StateEnvelope)
const decode = Schema.decodeOption(StateEnvelope)

const [ivLength, tagLength] = [12, 16]

/** Encrypts a state with AES-256-GCM, so that only holders of the key can read or change it. Valid for ten minutes. */
export const encryptState = (
  key: Redacted.Redacted<Uint8Array>,
  binding: Binding,
  state: unknown
): Effect.Effect<string> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const iv = randomBytes(ivLength)
    const cipher = createCipheriv("aes-256-gcm", Redacted.value(key), iv).setAAD(digest(binding))
    const text = encode({ id: randomUUID(), expires: now + lifetime, state })
    const encrypted = [cipher.update(text, "utf8"), cipher.final()]
    return Buffer.concat([iv, cipher.getAuthTag(), ...encrypted]).toString("base64url")
  })

/** Decrypts a state. Undefined if it is not ours, was changed, belongs to another request or is too old. */
export const decryptState = (key: Redacted.Redacted<Uint8Array>, binding: Binding, text: string) =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const envelope = Option.flatMap(decipher(Redacted.value(key), binding, text), decode)
    return Option.getOrUndefined(Option.filter(envelope, ({ expires }) => expires > now))
  })

const decipher = Option.liftThrowable((key: Uint8Array, binding: Binding, text: string) => {
  // Only the canonical base64url of the bytes is accepted.
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
