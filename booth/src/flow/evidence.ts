/** Evidence (psephos/evidence/1): a file that proves, with nothing but the log's key, that it broke a promise. */

import { bytesToHex } from "@noble/hashes/utils.js";
import { encodeBase64 } from "../base64.ts";
import type { SignedCheckpoint } from "../board/checkpoint.ts";
import { type VerifierKey, writeNote } from "../board/note.ts";
import { type Receipt, writeReceipt } from "../board/proof.ts";
import { writeJson } from "../protocol/encoding.ts";

const FORMAT = "psephos/evidence/1";
const UTF8 = new TextDecoder();

/** Something that the log signed and that cannot be true beside something else that it signed. */
export class ContradictionError extends Error {
  readonly evidence: Uint8Array;

  constructor(message: string, evidence: Uint8Array) {
    super(message);
    this.evidence = evidence;
  }
}

function noteText({ note }: SignedCheckpoint): string {
  return UTF8.decode(writeNote(note));
}

/**
 * Two histories.
 *
 * @param proof - Consistency proof from the smaller size to the larger tree; empty if they are of one size.
 * @param oldRoot - Root of the larger tree at the smaller size.
 */
export function forkEvidence(
  [ours, theirs]: readonly [SignedCheckpoint, SignedCheckpoint],
  { log, proof, oldRoot }: { log: VerifierKey; proof: readonly Uint8Array[]; oldRoot?: Uint8Array | undefined },
): Uint8Array {
  return writeJson({
    kind: "fork",
    format: FORMAT,
    log: [log.text],
    ours: noteText(ours),
    theirs: noteText(theirs),
    ...(proof.length > 0 ? { proof: proof.map((hash) => encodeBase64(hash)) } : {}),
    ...(proof.length > 0 && oldRoot !== undefined ? { old_root: encodeBase64(oldRoot) } : {}),
  });
}

/** A receipt, and a tree with another entry at its place. */
export function brokenPromiseEvidence(
  receipt: Receipt,
  other: {
    readonly log: VerifierKey;
    readonly leaf: Uint8Array;
    readonly later: SignedCheckpoint;
    readonly otherLeaf: Uint8Array;
    readonly path: readonly Uint8Array[];
  },
): Uint8Array {
  return writeJson({
    kind: "broken-promise",
    format: FORMAT,
    log: [other.log.text],
    // Without what the voter keeps in it: her ballot is nobody's business here.
    receipt: UTF8.decode(writeReceipt({ ...receipt, extra: new Uint8Array() })),
    leaf: bytesToHex(other.leaf),
    later: noteText(other.later),
    other_leaf: bytesToHex(other.otherLeaf),
    ...(other.path.length > 0 ? { path: other.path.map((hash) => encodeBase64(hash)) } : {}),
  });
}
