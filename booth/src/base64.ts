/** Base64 (RFC 4648, section 4) in its one encoding: the bits that nothing needs are zero. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Bytes as base64; without the `=` at the end if `padded` is false. */
export function encodeBase64(bytes: Uint8Array, padded = true): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [first, second, third] = [bytes[at] ?? 0, bytes[at + 1], bytes[at + 2]];
    const word = (first << 16) | ((second ?? 0) << 8) | (third ?? 0);
    text += ALPHABET.charAt(word >> 18) + ALPHABET.charAt((word >> 12) & 63);
    text += second === undefined ? "" : ALPHABET.charAt((word >> 6) & 63);
    text += third === undefined ? "" : ALPHABET.charAt(word & 63);
  }
  return padded ? text.padEnd(Math.ceil(text.length / 4) * 4, "=") : text;
}

/** The bytes of a padded text; undefined unless the text is their one encoding. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  let word = 0;
  let bits = 0;
  for (const character of text.replace(/={0,2}$/, "")) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) {
      return undefined;
    }
    word = ((word << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((word >> bits) & 0xff);
    }
  }
  const decoded = Uint8Array.from(bytes);
  return encodeBase64(decoded) === text ? decoded : undefined;
}
