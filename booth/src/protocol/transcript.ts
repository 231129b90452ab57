/**
 * Fiat-Shamir transcripts: what exactly is hashed to a challenge.
 *
 * > SHA256(prefix ++ elements, separated by commas), interpreted as a big-endian number, mod q.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { type Element, type Group, numberOf, reduce } from "./group.ts";

/** The challenge for these commitments. */
export function challengeOf(group: Group, prefix: string, commitments: readonly Element[]): bigint {
  const text = prefix + commitments.map((element) => element.text).join(",");
  return reduce(numberOf(sha256(utf8ToBytes(text))), group);
}

/** > Hpok(X, A) = SHA256(pok|G|X|A) (§4.5). */
export function possession(group: Group, key: Element): string {
  return `pok|${group.name}|${key.text}|`;
}

/** > SHA256(sigmsg|M|A) (§4.6.1). */
export function message(text: string): string {
  return `sigmsg|${text}|`;
}

/** > Hsignature(H, A) = SHA256(sig|H|A) (§4.14). */
export function ballotSignature(hash: string): string {
  return `sig|${hash}|`;
}

/** > Hiprove(S, α, β, …) = SHA256(prove|S|α,β|…) (§4.12). */
export function interval(context: string, alpha: Element, beta: Element): string {
  return `prove|${context}|${alpha.text},${beta.text}|`;
}

/** > Hbproof0(…) = SHA256(bproof0|S|…) (§4.13). */
export function blank(context: string): string {
  return `bproof0|${context}|`;
}

/** > Hbproof1(…) = SHA256(bproof1|S|…) (§4.13). */
export function blankOrInterval(context: string): string {
  return `bproof1|${context}|`;
}

/** > Hdecrypt(X, A, B) = SHA256(decrypt|φ|X|A,B) (§4.18). */
export function decryption(fingerprint: string, key: Element): string {
  return `decrypt|${fingerprint}|${key.text}|`;
}
