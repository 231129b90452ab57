/**
 * tlog-checkpoint (c2sp.org/tlog-checkpoint, v1.0.0): what a log signs.
 *
 * > origin, tree size in decimal, root in base64, each on a line; further lines may follow, and none may be empty.
 */

import { encodeBase64 } from "../base64.ts";
import { MalformedError } from "../errors.ts";
import type { TreeHead } from "./merkle.ts";
import { type Note, readHash, readNote, readSize } from "./note.ts";

export interface Checkpoint {
  readonly origin: string;
  readonly head: TreeHead;
  /** Read, and never written by us. ML-DSA-44 does not sign them. */
  readonly extensions: readonly string[];
}

export interface SignedCheckpoint {
  readonly note: Note;
  readonly checkpoint: Checkpoint;
}

/**
 * Read a checkpoint's text.
 *
 * @throws {MalformedError} If it is not one.
 */
export function readCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n");
  const [origin, size, root, ...extensions] = lines.slice(0, -1);
  if (lines.at(-1) !== "" || origin === undefined || size === undefined || root === undefined) {
    throw new MalformedError("not a checkpoint: fewer than three lines, or the last one is cut off");
  }
  if (origin === "" || extensions.includes("")) {
    throw new MalformedError("an empty line in a checkpoint");
  }
  return { origin, head: { size: readSize(size, "size"), root: readHash(root, "root") }, extensions };
}

/** A checkpoint's text. */
export function writeCheckpoint({ origin, head, extensions }: Checkpoint): string {
  return [origin, head.size.toString(), encodeBase64(head.root), ...extensions].map((line) => `${line}\n`).join("");
}

/**
 * Read a note that is a checkpoint; nothing is verified.
 *
 * @throws {MalformedError} If it is not one.
 */
export function readSignedCheckpoint(bytes: Uint8Array): SignedCheckpoint {
  const note = readNote(bytes);
  return { note, checkpoint: readCheckpoint(note.text) };
}
