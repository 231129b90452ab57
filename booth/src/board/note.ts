/**
 * signed-note (c2sp.org/signed-note, v1.0.0): texts, names, keys, signature lines.
 *
 * > note = text "\n" sigline+; sigline = "— " name " " base64(keyID[4] ‖ signature) "\n"
 * > keyID = SHA-256(name ‖ 0x0A ‖ type ‖ pubkey)[:4]; vkey = name "+" hex(keyID) "+" base64(type ‖ pubkey)
 */

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64, encodeBase64 } from "../base64.ts";
import { InvalidProofError, MalformedError, UnsupportedError } from "../errors.ts";
import { HASH_SIZE, LARGEST_SIZE, sameBytes } from "./merkle.ts";

export const LARGEST_NOTE = 1_000_000;
export const MOST_SIGNATURES = 100;

/** Types of keys that we check. */
export const ED25519 = 0x01;
export const COSIGNATURE_ED25519 = 0x04;
export const COSIGNATURE_ML_DSA_44 = 0x06;

const PUBLIC_KEY_SIZES: ReadonlyMap<number, number> = new Map([
  [ED25519, 32],
  [COSIGNATURE_ED25519, 32],
  [COSIGNATURE_ML_DSA_44, 1312],
]);
const DASH = "— ";
const KEY_ID_SIZE = 4;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const DECIMAL = /^(?:0|[1-9][0-9]{0,18})$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const NOT_IN_NAMES = /[\p{White_Space}\p{Surrogate}+\x00-\x1f]/u;

/** Bytes as text. */
export function readUtf8(bytes: Uint8Array, what: string): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new MalformedError(`${what}: not UTF-8`);
  }
}

/** Base64 in its one form, of at least one byte. */
export function readBase64(text: string, at = ""): Uint8Array {
  const bytes = decodeBase64(text);
  if (bytes === undefined || bytes.length === 0) {
    throw new MalformedError("not the one form of base64", { at });
  }
  return bytes;
}

/** A hash in base64. */
export function readHash(text: string, at = ""): Uint8Array {
  const hash = readBase64(text, at);
  if (hash.length !== HASH_SIZE) {
    throw new MalformedError("not a hash of 32 bytes", { at });
  }
  return hash;
}

/** A size or an index: decimal, without zeros in front, below 2⁶³. */
export function readSize(text: string, at = ""): bigint {
  const size = DECIMAL.test(text) ? BigInt(text) : undefined;
  if (size === undefined || size > LARGEST_SIZE) {
    throw new MalformedError("not a decimal number in range", { at });
  }
  return size;
}

/** > Name: non-empty, no Unicode space, no plus. */
export function checkName(name: string, at = ""): void {
  if (name === "" || NOT_IN_NAMES.test(name)) {
    throw new MalformedError("not the name of a key", { at });
  }
}

/** A key that verifies. */
export interface VerifierKey {
  readonly name: string;
  readonly type: number;
  readonly publicKey: Uint8Array;
  /** Eight hexadecimal digits. */
  readonly keyId: string;
  readonly text: string;
}

/**
 * Read a verifier key.
 *
 * @throws {MalformedError} If it is not its one form, or the ID is not its own.
 * @throws {UnsupportedError} If it is of a type that we cannot check.
 */
export function readVerifierKey(text: string, at = ""): VerifierKey {
  // The base64 may hold a plus: only the first two separate.
  const [, name, keyId, encoded] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/s.exec(text) ?? [];
  if (name === undefined || keyId === undefined || encoded === undefined) {
    throw new MalformedError("not a verifier key", { at });
  }
  checkName(name, at);
  const material = readBase64(encoded, at);
  const [type = 0] = material;
  const size = PUBLIC_KEY_SIZES.get(type);
  if (size === undefined) {
    throw new UnsupportedError(`a key of type ${type} is not supported`, { at });
  }
  const publicKey = material.subarray(1);
  if (publicKey.length !== size || keyIdOf(name, material) !== keyId) {
    throw new MalformedError("the key has another length or another ID", { at });
  }
  if (type !== COSIGNATURE_ML_DSA_44) {
    refuseSmallOrder(publicKey, at);
  }
  return { name, type, publicKey, keyId, text };
}

function keyIdOf(name: string, material: Uint8Array): string {
  return bytesToHex(sha256(concatBytes(utf8ToBytes(name), Uint8Array.of(0x0a), material)).subarray(0, KEY_ID_SIZE));
}

/** Anybody can sign for such a key, and so its owner could deny what it signed. */
function refuseSmallOrder(publicKey: Uint8Array, at: string): void {
  let small: boolean;
  try {
    small = ed25519.Point.fromBytes(publicKey, true).isSmallOrder();
  } catch {
    // Not a point at all: no signature will hold.
    return;
  }
  if (small) {
    throw new MalformedError("a public key of small order", { at });
  }
}

export interface SignatureLine {
  readonly name: string;
  readonly keyId: string;
  /** What follows the ID; for cosignatures it begins with a time. */
  readonly signature: Uint8Array;
  /** The line as it was read, without its newline. */
  readonly text: string;
}

export interface Note {
  /** It ends with a newline. */
  readonly text: string;
  readonly signatures: readonly SignatureLine[];
}

/**
 * Read a note; nothing is verified.
 *
 * @throws {MalformedError} If it is not a note.
 */
export function readNote(bytes: Uint8Array): Note {
  if (bytes.length > LARGEST_NOTE) {
    throw new MalformedError("the note is too large");
  }
  const whole = readUtf8(bytes, "note");
  const cut = whole.lastIndexOf("\n\n");
  if (cut < 0 || CONTROL.test(whole)) {
    throw new MalformedError("not a note: no empty line before the signatures, or a control character");
  }
  return { text: whole.slice(0, cut + 1), signatures: readSignatureLines(whole.slice(cut + 2)) };
}

/** Read the lines below a note's empty line: at least one, each with its newline. */
export function readSignatureLines(text: string): readonly SignatureLine[] {
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.length === 0 || lines.length > MOST_SIGNATURES) {
    throw new MalformedError("no signature lines, too many, or the last one is cut off");
  }
  return lines.map((line, index) => readSignatureLine(line, `signature ${index + 1}`));
}

function readSignatureLine(line: string, at: string): SignatureLine {
  const [name, encoded, ...rest] = line.slice(DASH.length).split(" ");
  if (!line.startsWith(DASH) || name === undefined || encoded === undefined || rest.length > 0) {
    throw new MalformedError("not a signature line", { at });
  }
  checkName(name, at);
  const blob = readBase64(encoded, at);
  if (blob.length <= KEY_ID_SIZE) {
    throw new MalformedError("a signature line without a signature", { at });
  }
  return {
    name,
    keyId: bytesToHex(blob.subarray(0, KEY_ID_SIZE)),
    signature: blob.subarray(KEY_ID_SIZE),
    text: line,
  };
}

/** A note as bytes; what was read is written again byte for byte. */
export function writeNote({ text, signatures }: Note): Uint8Array {
  return utf8ToBytes(`${text}\n${signatures.map((line) => `${line.text}\n`).join("")}`);
}

/** A signature line from its parts. */
export function makeSignatureLine(key: VerifierKey, signature: Uint8Array): SignatureLine {
  const id = Uint8Array.from(key.keyId.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return {
    name: key.name,
    keyId: key.keyId,
    signature,
    text: `${DASH}${key.name} ${encodeBase64(concatBytes(id, signature))}`,
  };
}

/** Verifies the signatures of one key. */
export interface Verifier {
  readonly key: VerifierKey;
  /** @throws {InvalidProofError} If the line's signature of the text does not hold. */
  verify(text: string, line: SignatureLine): void;
}

/**
 * The lines of known keys, all of which hold; each key once.
 *
 * > Verifiers MUST ignore signatures from unknown keys, even if they share a name or ID.
 *
 * @throws {InvalidProofError} If one of them does not hold, or there is none.
 */
export function verifyNote(note: Note, verifiers: readonly Verifier[]): readonly SignatureLine[] {
  const known = new Map<string, Verifier>();
  for (const verifier of verifiers) {
    const pair = pairOf(verifier.key);
    const other = known.get(pair);
    if (other !== undefined && !sameBytes(other.key.publicKey, verifier.key.publicKey)) {
      throw new MalformedError("two keys share one name and ID");
    }
    known.set(pair, verifier);
  }
  const found = new Map<string, SignatureLine>();
  for (const line of note.signatures) {
    const verifier = known.get(pairOf(line));
    if (verifier !== undefined) {
      verifier.verify(note.text, line);
      if (!found.has(pairOf(line))) {
        found.set(pairOf(line), line);
      }
    }
  }
  if (found.size === 0) {
    throw new InvalidProofError("signed by no key that we know");
  }
  return [...found.values()];
}

/** What a signature line is matched with a key by. */
export function pairOf({ name, keyId }: { readonly name: string; readonly keyId: string }): string {
  return `${name} ${keyId}`;
}

/** Verifies plain signatures over a note's text. */
export function plainVerifier(key: VerifierKey): Verifier {
  return {
    key,
    verify(text: string, line: SignatureLine): void {
      verifyEd25519(key, line.signature, utf8ToBytes(text));
    },
  };
}

/**
 * Check an Ed25519 signature (RFC 8032 §5.1.7), without multiplying by the cofactor.
 *
 * The curve library multiplies by it, and so takes signatures that others refuse; two readers of one record must agree.
 *
 * @throws {InvalidProofError} If it does not hold.
 */
export function verifyEd25519(key: VerifierKey, signature: Uint8Array, message: Uint8Array): void {
  if (!ed25519Holds(key.publicKey, signature, message)) {
    throw new InvalidProofError("a signature does not hold", { culprit: key.name });
  }
}

function ed25519Holds(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean {
  const { Point } = ed25519;
  const order = Point.Fn.ORDER;
  if (signature.length !== 64) {
    return false;
  }
  const [r, s] = [signature.subarray(0, 32), littleEndian(signature.subarray(32))];
  if (s >= order) {
    return false;
  }
  let point: InstanceType<typeof Point>;
  try {
    point = Point.fromBytes(publicKey);
  } catch {
    return false;
  }
  // > k = SHA-512(R ‖ A ‖ M); check that [S]B = R + [k]A
  const k = littleEndian(sha512(concatBytes(r, publicKey, message))) % order;
  const expected = Point.BASE.multiplyUnsafe(s).subtract(point.multiplyUnsafe(k));
  return sameBytes(expected.toBytes(), r);
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(Uint8Array.from(bytes).reverse())}`);
}
