/**
 * What can be wrong, and for whom: the codes of `docs/reference/errors.md`.
 *
 *     PsephosError
 *     ├── MalformedError       malformed       bytes that we refuse to read
 *     ├── RuleError            rule            well-formed, but against the election's rules
 *     │   ├── OutOfTurnError   out-of-turn
 *     │   ├── InvalidProofError invalid-proof
 *     │   └── MismatchError    mismatch
 *     ├── BoardError           board
 *     │   └── QuorumError      quorum-not-met  .have .need
 *     ├── UnsupportedError     unsupported     we cannot check it: never the same as valid
 *     └── UnavailableError     unavailable     nothing was proved
 */

/** Where it is wrong, and whose it is. */
export interface Evidence {
  /** A JSON pointer, or a place in a file. */
  readonly at?: string;
  /** The party whose message it is. */
  readonly culprit?: string;
}

/** Base of all errors that a reader may see. A message never contains a secret. */
export class PsephosError extends Error {
  readonly code: string = "error";
  readonly at: string;
  readonly culprit: string;

  constructor(message: string, evidence: Evidence = {}) {
    super(message);
    this.at = evidence.at ?? "";
    this.culprit = evidence.culprit ?? "";
  }
}

/** Bytes that we refuse to read: not the one encoding of anything. */
export class MalformedError extends PsephosError {
  override readonly code: string = "malformed";
}

/** Well-formed, but against the election's rules. */
export class RuleError extends PsephosError {
  override readonly code: string = "rule";
}

/** A step taken before or after its time. */
export class OutOfTurnError extends RuleError {
  override readonly code: string = "out-of-turn";
}

/** A proof or a signature does not hold. */
export class InvalidProofError extends RuleError {
  override readonly code: string = "invalid-proof";
}

/** Two values that must be equal are not. */
export class MismatchError extends RuleError {
  override readonly code: string = "mismatch";
}

/** The log, or a witness of it, breaks its promise. */
export class BoardError extends PsephosError {
  override readonly code: string = "board";
}

/** Fewer observers have cosigned than the policy asks for. */
export class QuorumError extends BoardError {
  override readonly code: string = "quorum-not-met";
  readonly have: number;
  readonly need: number;

  constructor(message: string, count: { readonly have: number; readonly need: number }) {
    super(message);
    this.have = count.have;
    this.need = count.need;
  }
}

/** Well-formed, and we cannot check it: never the same as valid. */
export class UnsupportedError extends PsephosError {
  override readonly code: string = "unsupported";
}

/** Nothing was proved: bytes could not be had. */
export class UnavailableError extends PsephosError {
  override readonly code: string = "unavailable";
}
