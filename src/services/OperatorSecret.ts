import { Context, type Effect, type Option, type Redacted, Schema } from "effect"

/** The operator secret cannot be read or written. An act that needs it is not carried out. */
export class OperatorSecretUnavailable extends Schema.TaggedError<OperatorSecretUnavailable>()(
  "OperatorSecretUnavailable",
  {
    /** A sentence for the operator, with the path of the file. */
    reason: Schema.String
  }
) {
  override get message() {
    return this.reason
  }
}

/** The passphrase that was given is not the operator secret. */
export class WrongPassphrase extends Schema.TaggedError<WrongPassphrase>()("WrongPassphrase", {
  /** The act that needs it. */
  act: Schema.String
}) {
  override get message() {
    return `The passphrase is wrong, so nothing was done (${this.act}).`
  }
}

/** No passphrase can be had: there is no terminal to ask on, or what was given is none. */
export class NoPassphrase extends Schema.TaggedError<NoPassphrase>()("NoPassphrase", {
  act: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.act} needs a passphrase: ${this.reason}`
  }
}

/** Asks the operator for a passphrase. Fails if nobody can be asked. */
export class Passphrase extends Context.Tag("mcp-kraken/services/OperatorSecret/Passphrase")<
  Passphrase,
  {
    /** Asks for one that exists. `act` names what it is for. */
    readonly ask: (act: string) => Effect.Effect<Redacted.Redacted, NoPassphrase>
    /** Asks for a new one, twice where it is typed. */
    readonly choose: (act: string) => Effect.Effect<Redacted.Redacted, NoPassphrase>
  }
>() {}

/** A secret that was set, whose fingerprint shows which one it is. */
export interface SecretInForce {
  /** 16 hex digits. They do not help to guess it. */
  readonly fingerprint: string
}

/**
 * The operator secret: a passphrase that each act needs that grants something. Before it is set, nothing needs it. Only a
 * hash of it is stored.
 */
export class OperatorSecret extends Context.Tag("mcp-kraken/services/OperatorSecret")<
  OperatorSecret,
  {
    /** The file that holds it, for the operator. */
    readonly file: string
    /** Reads which secret is in force. None: it was not set. */
    readonly current: Effect.Effect<Option.Option<SecretInForce>, OperatorSecretUnavailable>
    /** Checks a passphrase, one at a time. Fails if it is wrong, and if no secret is set. */
    readonly verify: (
      passphrase: Redacted.Redacted,
      act: string
    ) => Effect.Effect<SecretInForce, OperatorSecretUnavailable | WrongPassphrase>
    /**
     * Asks for the passphrase for an act, and checks it. Asks nothing before a secret is set. `act` is the beginning of a
     * sentence: "Creating a token".
     */
    readonly require: (
      act: string
    ) => Effect.Effect<
      Option.Option<SecretInForce>,
      NoPassphrase | OperatorSecretUnavailable | WrongPassphrase,
      Passphrase
    >
    /** Hashes a new passphrase. It is in force once it is stored. */
    readonly prepare: (passphrase: Redacted.Redacted) => Effect.Effect<PreparedSecret>
    /**
     * Stores a secret in place of the one that was in force when the caller looked. False if that was changed meanwhile,
     * and nothing was stored.
     */
    readonly store: (
      prepared: PreparedSecret,
      before: Option.Option<SecretInForce>
    ) => Effect.Effect<boolean, OperatorSecretUnavailable>
  }
>() {}

/** The hash of a passphrase that is not stored yet. */
export interface PreparedSecret extends SecretInForce {
  /** Hex. */
  readonly salt: string
  readonly hash: string
  /** JSON. */
  readonly parameters: string
}
