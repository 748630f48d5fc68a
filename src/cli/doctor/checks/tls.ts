import { Clock, Duration, Effect, Option } from "effect"
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { type Check, error, type Finding, warning } from "../kit/finding.ts"

/** The time before its end at which a certificate has to be renewed, in milliseconds. */
const soon = Duration.toMillis("14 days")

/** The TLS files of the server. */
export const tlsCheck: Check = {
  name: "TLS",
  run: ({ config, stdio }) => {
    const tls = stdio ? Option.none() : Option.flatMap(config("sslKeyFile", "sslCertFile"), ({ tls }) => tls)
    return Option.match(tls, {
      onNone: () => Effect.succeed([]),
      onSome: ({ certFile, keyFile }) => Effect.map(Clock.currentTimeMillis, (now) => findings(certFile, keyFile, now))
    })
  }
}

const findings = (certFile: string, keyFile: string, now: number): ReadonlyArray<Finding> => {
  const key = parse(keyFile, "private key", createPrivateKey)
  const certificate = parse(certFile, "certificate", (text) => new X509Certificate(text))
  return [
    ...[key, certificate].flatMap((parsed) => ("failure" in parsed ? [parsed.failure] : [])),
    ...("value" in certificate ? datesOf(certificate.value, certFile, now) : []),
    ...("value" in key && "value" in certificate ? pairOf(certificate.value, key.value, { certFile, keyFile }) : [])
  ]
}

const parse = <A>(
  file: string,
  what: string,
  parse: (text: Buffer) => A
): { readonly value: A } | { readonly failure: Finding } => {
  let text: Buffer
  try {
    text = readFileSync(file)
  } catch (cause) {
    return {
      failure: error(
        "tls.unreadable",
        `The ${what} ${file} can't be read (${String(Object(cause).code)}).`,
        "Correct the path, or give the user of the server access to it."
      )
    }
  }
  try {
    return { value: parse(text) }
  } catch {
    // The reason might quote the file.
    return {
      failure: error("tls.invalid", `The file ${file} holds no ${what} without a passphrase in PEM.`, "Replace it.")
    }
  }
}

const pairOf = (
  certificate: X509Certificate,
  key: KeyObject,
  { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string }
): ReadonlyArray<Finding> =>
  certificate.checkPrivateKey(key)
    ? []
    : [
        error(
          "tls.mismatch",
          `The private key ${keyFile} does not belong to the certificate ${certFile}.`,
          "Use the key for which the certificate was made."
        )
      ]

const datesOf = (certificate: X509Certificate, file: string, now: number): ReadonlyArray<Finding> => {
  const [from, until] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
  if (until <= now) return [error("tls.expired", `The certificate ${file} expired on ${dayOf(until)}.`, "Renew it.")]
  if (from > now)
    return [
      error("tls.not-yet-valid", `The certificate ${file} is valid from ${dayOf(from)} only.`, "Check the clock.")
    ]
  return until < now + soon
    ? [warning("tls.expires-soon", `The certificate ${file} expires on ${dayOf(until)}.`, "Renew it.")]
    : []
}

const dayOf = (millis: number): string =>
  Number.isNaN(millis) ? "an unknown day" : new Date(millis).toISOString().slice(0, 10)
