/** Randomness of tests: repeatable bytes, and bytes that give certain scalars. */

import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Group, Random } from "../../src/protocol/group.ts";

/** Bytes that follow from a seed. */
export function seeded(seed: string): Random {
  let counter = 0;
  let held = new Uint8Array(0);
  return (length) => {
    while (held.length < length) {
      held = concatBytes(held, sha256(utf8ToBytes(`${seed}|${counter++}`))) as Uint8Array<ArrayBuffer>;
    }
    const bytes = held.slice(0, length);
    held = held.slice(length);
    return bytes;
  };
}

/** Bytes from which these scalars are drawn, one after the other. */
export function scripted(group: Group, scalars: readonly string[]): Random {
  const rest = [...scalars];
  const bits = group.order.toString(2).length;
  return (length) => {
    const scalar = rest.shift();
    if (scalar === undefined) {
      throw new Error("more scalars are drawn than there are");
    }
    const shifted = BigInt(scalar) << BigInt(8 * length - bits);
    const digits = shifted.toString(16).padStart(2 * length, "0");
    return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  };
}
