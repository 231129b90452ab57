/**
 * Merkle trees of RFC 6962 §2.1, and the verification of proofs as in RFC 9162 §2.1.
 *
 * > MTH({}) = SHA-256(); leaf: SHA-256(0x00 ‖ d); node: SHA-256(0x01 ‖ left ‖ right).
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { InvalidProofError } from "../errors.ts";

export const HASH_SIZE = 32;
/** Sizes and indices are below 2⁶³. */
export const LARGEST_SIZE = 2n ** 63n - 1n;
export const LONGEST_PROOF = 63;

/** Size and root of a tree. */
export interface TreeHead {
  readonly size: bigint;
  readonly root: Uint8Array;
}

export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array(0));

export function hashLeaf(entry: Uint8Array): Uint8Array {
  return sha256(concatBytes(Uint8Array.of(0), entry));
}

export function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(Uint8Array.of(1), left, right));
}

export function sameBytes(first: Uint8Array, second: Uint8Array): boolean {
  return first.length === second.length && first.every((byte, index) => byte === second[index]);
}

/** An entry's place, and the siblings on its way to the root. */
export interface Inclusion {
  readonly index: bigint;
  readonly path: readonly Uint8Array[];
}

/**
 * Check that a leaf stands in a tree (RFC 9162 §2.1.3.2).
 *
 * @throws {InvalidProofError} If the path does not lead from it to the root.
 */
export function verifyInclusion(leaf: Uint8Array, { index, path }: Inclusion, head: TreeHead): void {
  if (index < 0n || index >= head.size) {
    throw new InvalidProofError("the tree has no entry of this number");
  }
  let [fn, sn, hash] = [index, head.size - 1n, leaf];
  for (const sibling of path) {
    if (sn === 0n) {
      throw new InvalidProofError("the audit path is too long");
    }
    if ((fn & 1n) === 1n || fn === sn) {
      hash = hashNode(sibling, hash);
      while ((fn & 1n) === 0n && fn !== 0n) {
        [fn, sn] = [fn >> 1n, sn >> 1n];
      }
    } else {
      hash = hashNode(hash, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n || !sameBytes(hash, head.root)) {
    throw new InvalidProofError("the audit path does not lead to the root");
  }
}

/**
 * Check that a tree continues another (RFC 9162 §2.1.4.2).
 *
 * @throws {InvalidProofError} If the proof does not show it.
 */
export function verifyConsistency(old: TreeHead, head: TreeHead, proof: readonly Uint8Array[]): void {
  if (old.size > head.size) {
    throw new InvalidProofError("the later tree is smaller");
  }
  if (old.size === 0n || old.size === head.size) {
    const expected = old.size === head.size ? head.root : EMPTY_ROOT;
    if (proof.length > 0 || !sameBytes(old.root, expected)) {
      throw new InvalidProofError("the trees are not consistent");
    }
    return;
  }
  const powerOfTwo = (old.size & (old.size - 1n)) === 0n;
  const [first, ...rest] = powerOfTwo ? [old.root, ...proof] : proof;
  if (first === undefined) {
    throw new InvalidProofError("the consistency proof is empty");
  }
  let [fn, sn] = [old.size - 1n, head.size - 1n];
  while ((fn & 1n) === 1n) {
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  let [before, after] = [first, first];
  for (const hash of rest) {
    if (sn === 0n) {
      throw new InvalidProofError("the consistency proof is too long");
    }
    if ((fn & 1n) === 1n || fn === sn) {
      [before, after] = [hashNode(hash, before), hashNode(hash, after)];
      while ((fn & 1n) === 0n && fn !== 0n) {
        [fn, sn] = [fn >> 1n, sn >> 1n];
      }
    } else {
      after = hashNode(after, hash);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n || !sameBytes(before, old.root) || !sameBytes(after, head.root)) {
    throw new InvalidProofError("the trees are not consistent");
  }
}

/** Reads the hash of a perfect subtree: that of leaves index × 2^level and on. */
export type NodeReader = (level: number, index: bigint) => Uint8Array;

/** The root of a tree, from its perfect subtrees. */
export function rootOf(read: NodeReader, size: bigint): Uint8Array {
  return size === 0n ? EMPTY_ROOT : rangeHash(read, 0n, size);
}

/** The audit path of an entry (RFC 6962 §2.1.1). */
export function proveInclusion(read: NodeReader, index: bigint, size: bigint): readonly Uint8Array[] {
  const path: Uint8Array[] = [];
  let [start, end] = [0n, size];
  while (end - start > 1n) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      path.unshift(rangeHash(read, middle, end));
      end = middle;
    } else {
      path.unshift(rangeHash(read, start, middle));
      start = middle;
    }
  }
  return path;
}

/** The largest power of two smaller than n. */
function splitOf(n: bigint): bigint {
  return 1n << BigInt((n - 1n).toString(2).length - 1);
}

function rangeHash(read: NodeReader, start: bigint, end: bigint): Uint8Array {
  const length = end - start;
  if ((length & (length - 1n)) === 0n) {
    const level = length.toString(2).length - 1;
    return read(level, start >> BigInt(level));
  }
  const middle = start + splitOf(length);
  return hashNode(rangeHash(read, start, middle), rangeHash(read, middle, end));
}
