/** A ballot as a short text, for a QR code: compressed, since it is mostly digits. */

import { decodeBase64, encodeBase64 } from "../base64.ts";

const MARK = "psephos-ballot/1:";
const LARGEST = 60_000;

/** The text; undefined where the browser cannot compress. */
export async function packed(ballot: Uint8Array): Promise<string | undefined> {
  if (typeof CompressionStream === "undefined") {
    return undefined;
  }
  return MARK + encodeBase64(await through(ballot, new CompressionStream("deflate-raw")));
}

/** The ballot in a text that was scanned or pasted: packed, or as it is. Undefined if it is neither. */
export async function unpacked(text: string): Promise<Uint8Array | undefined> {
  const pasted = text.trim();
  if (!pasted.startsWith(MARK)) {
    return pasted === "" ? undefined : new TextEncoder().encode(pasted);
  }
  const bytes = decodeBase64(pasted.slice(MARK.length).replace(/\s/g, ""));
  try {
    return bytes === undefined ? undefined : await through(bytes, new DecompressionStream("deflate-raw"));
  } catch {
    return undefined;
  }
}

async function through(bytes: Uint8Array, stream: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  const reader = new Blob([bytes as BlobPart]).stream().pipeThrough(stream).getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    length += part.value.length;
    if (length > LARGEST) {
      await reader.cancel();
      throw new Error("too large");
    }
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
