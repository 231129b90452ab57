/**
 * tlog-cosignature (c2sp.org/tlog-cosignature, v1.0.1 for Ed25519, v1.1.0-rc.1 for ML-DSA-44).
 *
 * > keyID[4] ‖ u64 timestamp ‖ signature, over
 * > Ed25519: "cosignature/v1\ntime " timestamp "\n" and the whole text of the note;
 * > ML-DSA-44: "subtree/v1\n\0" ‖ u8 length, name ‖ u64 time ‖ u8 length, origin ‖ u64 start ‖ u64 end ‖ root.
 */

import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";
import { InvalidProofError, MalformedError } from "../errors.ts";
import { type Checkpoint, readCheckpoint } from "./checkpoint.ts";
import {
  COSIGNATURE_ED25519,
  COSIGNATURE_ML_DSA_44,
  plainVerifier,
  type SignatureLine,
  type Verifier,
  type VerifierKey,
  verifyEd25519,
} from "./note.ts";

const TIME_SIZE = 8;
const LATEST = 2n ** 63n - 1n;
const LONGEST_NAME = 255;
const SIGNATURE_SIZE = 2420;

/** When a cosignature says that it was made, in seconds since 1970; zero would say less than a cosignature must. */
export function readTimestamp(line: SignatureLine): bigint {
  let time = 0n;
  for (const byte of line.signature.subarray(0, TIME_SIZE)) {
    time = (time << 8n) | BigInt(byte);
  }
  if (line.signature.length <= TIME_SIZE || time === 0n || time > LATEST) {
    throw new InvalidProofError("a cosignature without a possible time", { culprit: line.name });
  }
  return time;
}

/** What an Ed25519 cosigner signs. */
export function ed25519Message(text: string, time: bigint): Uint8Array {
  return utf8ToBytes(`cosignature/v1\ntime ${time}\n${text}`);
}

/** What an ML-DSA-44 cosigner signs. */
export function mlDsaMessage(name: string, { origin, head }: Checkpoint, time: bigint): Uint8Array {
  return concatBytes(
    utf8ToBytes("subtree/v1\n\0"),
    withLength(name),
    u64(time),
    withLength(origin),
    u64(0n),
    u64(head.size),
    head.root,
  );
}

function withLength(text: string): Uint8Array {
  const bytes = utf8ToBytes(text);
  if (bytes.length > LONGEST_NAME) {
    throw new MalformedError("a name of more than 255 bytes");
  }
  return concatBytes(Uint8Array.of(bytes.length), bytes);
}

function u64(number: bigint): Uint8Array {
  return Uint8Array.from({ length: 8 }, (_, index) => Number((number >> BigInt(56 - 8 * index)) & 0xffn));
}

/** The verifier for a key, by the key's type. */
export function verifierOf(key: VerifierKey): Verifier {
  if (key.type === COSIGNATURE_ED25519 || key.type === COSIGNATURE_ML_DSA_44) {
    return { key, verify: (text, line) => verifyCosignature(key, text, line) };
  }
  return plainVerifier(key);
}

function verifyCosignature(key: VerifierKey, text: string, line: SignatureLine): void {
  const time = readTimestamp(line);
  const signature = line.signature.subarray(TIME_SIZE);
  const checkpoint = checkpointOf(text, key.name);
  if (key.type === COSIGNATURE_ED25519) {
    verifyEd25519(key, signature, ed25519Message(text, time));
  } else if (
    signature.length !== SIGNATURE_SIZE ||
    !ml_dsa44.verify(signature, messageOf(key.name, checkpoint, time), key.publicKey)
  ) {
    throw new InvalidProofError("a signature does not hold", { culprit: key.name });
  }
}

/** A cosigner cosigns checkpoints and nothing else. */
function checkpointOf(text: string, culprit: string): Checkpoint {
  try {
    return readCheckpoint(text);
  } catch {
    throw new InvalidProofError("a cosignature of something that is no checkpoint", { culprit });
  }
}

function messageOf(name: string, checkpoint: Checkpoint, time: bigint): Uint8Array {
  try {
    return mlDsaMessage(name, checkpoint, time);
  } catch {
    throw new InvalidProofError("a cosignature with a name that does not fit", { culprit: name });
  }
}
