/** One history: whatever the log has signed is a beginning of whatever it signs later, or it has forked. */

import { bytesToHex } from "@noble/hashes/utils.js";
import type { SignedCheckpoint } from "../board/checkpoint.ts";
import { sameBytes, verifyConsistency } from "../board/merkle.ts";
import type { VerifierKey } from "../board/note.ts";
import { UnavailableError } from "../errors.ts";
import { ContradictionError, forkEvidence } from "./evidence.ts";
import type { Tree } from "./tree.ts";

/** What the log has signed, and the tree that it speaks of. */
export interface Signed {
  readonly signed: SignedCheckpoint;
  readonly tree: Tree;
}

/** Heads that were found to be of one history with what was seen before: nothing is asked for a second time. */
const FOUND = new WeakMap<SignedCheckpoint, Set<string>>();

/**
 * Compare everything that was seen before with what is seen now; what is of one size first, for which no tile is needed.
 *
 * @throws See `refuseFork`.
 */
export async function refuseForks(before: readonly Signed[], now: Signed, log: VerifierKey): Promise<void> {
  const sameSize = ({ tree }: Signed): boolean => tree.head.size === now.tree.head.size;
  for (const one of [...before.filter(sameSize), ...before.filter((other) => !sameSize(other))]) {
    await refuseFork(one, now, log);
  }
}

/**
 * Compare what was seen before with what is seen now.
 *
 * A head that is older than what was seen before is compared if tiles for that can still be had.
 *
 * @throws {ContradictionError} If the log has signed two histories.
 * @throws {InvalidProofError} If the tiles are not those of the larger tree: that proves nothing against the log.
 * @throws {UnavailableError} If the tiles of what is seen now cannot be had.
 */
async function refuseFork(before: Signed, now: Signed, log: VerifierKey): Promise<void> {
  const found = FOUND.get(before.signed) ?? new Set();
  const { size, root } = now.tree.head;
  const name = `${size} ${bytesToHex(root)}`;
  if (found.has(name)) {
    return;
  }
  try {
    await (size < before.tree.head.size ? compare(now, before, log) : compare(before, now, log));
  } catch (error) {
    if (error instanceof UnavailableError && size < before.tree.head.size) {
      return;
    }
    throw error;
  }
  FOUND.set(before.signed, found.add(name));
}

async function compare(small: Signed, large: Signed, log: VerifierKey): Promise<void> {
  const [old, { head }] = [small.tree.head, large.tree];
  const grown = old.size < head.size;
  const root = grown ? await large.tree.rootAt(old.size) : head.root;
  const proof = grown ? await large.tree.consistency(old.size) : [];
  verifyConsistency({ size: old.size, root }, head, proof);
  if (!sameBytes(root, old.root)) {
    const evidence = forkEvidence([small.signed, large.signed], { log, proof, oldRoot: root });
    throw new ContradictionError("the log has signed two histories", evidence);
  }
}
