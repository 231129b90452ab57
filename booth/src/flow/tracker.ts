/** The ballot's fingerprint as the voter keeps it: base32 in groups of four, 256 bits. */

import { hexToBytes } from "@noble/hashes/utils.js";
import { decodeBase64 } from "../base64.ts";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BITS = 256;
const LETTERS = 52;
const GROUP = 4;

/** A fingerprint as a tracker. */
export function trackerOf(fingerprint: Uint8Array): string {
  let number = 0n;
  for (const byte of fingerprint) {
    number = (number << 8n) | BigInt(byte);
  }
  number <<= BigInt(LETTERS * 5 - BITS);
  let letters = "";
  for (let at = LETTERS - 1; at >= 0; at--) {
    letters += BASE32.charAt(Number((number >> BigInt(5 * at)) & 31n));
  }
  return inGroups(letters, "-");
}

/** Characters in groups of four, which are easier to compare. */
export function inGroups(text: string, separator = " "): string {
  return (text.match(new RegExp(`.{1,${GROUP}}`, "g")) ?? []).join(separator);
}

/** The fingerprint of a tracker in any of its three forms; undefined if it is none. */
export function readTracker(typed: string): Uint8Array | undefined {
  const text = typed.replace(/[\s\u200c\u200e\u200f\u2066-\u2069]/g, "");
  if (/^[0-9a-f]{64}$/i.test(text)) {
    return hexToBytes(text.toLowerCase());
  }
  const letters = text
    .replace(/\p{Pd}/gu, "")
    .toUpperCase()
    .replaceAll("0", "O")
    .replaceAll("1", "I");
  if (new RegExp(`^[A-Z2-7]{${LETTERS}}$`).test(letters)) {
    return bytesOf(letters);
  }
  return /^[A-Za-z0-9+/]{43}=?$/.test(text) ? decodeBase64(`${text.slice(0, 43)}=`) : undefined;
}

function bytesOf(letters: string): Uint8Array | undefined {
  let number = 0n;
  for (const letter of letters) {
    number = (number << 5n) | BigInt(BASE32.indexOf(letter));
  }
  const surplus = BigInt(LETTERS * 5 - BITS);
  if ((number & ((1n << surplus) - 1n)) !== 0n) {
    return undefined;
  }
  number >>= surplus;
  return hexToBytes(number.toString(16).padStart(BITS / 4, "0"));
}
