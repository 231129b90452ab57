/** The example log: its signers, its leaves, and trees by definition. */

import { ed25519 } from "@noble/curves/ed25519.js";
import { concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ed25519Message } from "../../src/board/cosignature.ts";
import { EMPTY_ROOT, hashLeaf, hashNode, type NodeReader } from "../../src/board/merkle.ts";
import { makeSignatureLine, readVerifierKey, type SignatureLine } from "../../src/board/note.ts";
import { jsonOf } from "../support/vectors.ts";

export interface Example {
  readonly seeds: { readonly [party: string]: string };
  readonly vkeys: { readonly log: string; readonly observer: string };
  readonly entries: readonly string[];
  readonly leaf_0: string;
  readonly root_5: string;
  readonly checkpoint: string;
  readonly log_line: string;
  readonly observer_line: string;
  readonly timestamp: number;
  readonly ed25519_message: string;
  readonly ml_dsa_message_hex: string;
  readonly tile_0_sha256_prefix: string;
  readonly bundle_length: number;
  readonly receipt: string;
  readonly receipt_index: number;
}

export const EXAMPLE = jsonOf<Example>("board", "example.json");
export const LOG = readVerifierKey(EXAMPLE.vkeys.log);
export const OBSERVER = readVerifierKey(EXAMPLE.vkeys.observer);

export function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}

export function logLine(text: string): SignatureLine {
  return makeSignatureLine(LOG, ed25519.sign(utf8ToBytes(text), hexToBytes(EXAMPLE.seeds["log"] ?? "")));
}

export function observerLine(text: string, time: bigint): SignatureLine {
  const stamp = hexToBytes(time.toString(16).padStart(16, "0"));
  const signature = ed25519.sign(ed25519Message(text, time), hexToBytes(EXAMPLE.seeds["observer"] ?? ""));
  return makeSignatureLine(OBSERVER, concatBytes(stamp, signature));
}

/** Leaf hashes of the example's entries, and on in the same manner. */
export function leavesOf(size: number): readonly Uint8Array[] {
  return Array.from({ length: size }, (_, number) =>
    hashLeaf(utf8ToBytes(`ballot-${number.toString().padStart(7, "0")}`)),
  );
}

/** The root by RFC 6962's definition and nothing else. */
export function rootByDefinition(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (first === undefined) {
    return EMPTY_ROOT;
  }
  if (leaves.length === 1) {
    return first;
  }
  let split = 1;
  while (2 * split < leaves.length) {
    split *= 2;
  }
  return hashNode(rootByDefinition(leaves.slice(0, split)), rootByDefinition(leaves.slice(split)));
}

export function readerOf(leaves: readonly Uint8Array[]): NodeReader {
  return (level, index) => {
    const start = Number(index) * 2 ** level;
    const covered = leaves.slice(start, start + 2 ** level);
    if (covered.length !== 2 ** level) {
      throw new Error("a node that is not perfect was asked for");
    }
    return rootByDefinition(covered);
  };
}
