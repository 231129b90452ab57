/** A ballot as a short text, for a QR code: compressed, since it is mostly digits. */

import { decodeBase64, encodeBase64 } from "../base64.ts";
import { readReceipt, TLOG_PROOF } from "../board/proof.ts";

const MARK = "psephos-ballot/1:";
const LARGEST = 60_000;

/** The text; undefined where the browser cannot compress. */
export async function packed(ballot: Uint8Array): Promise<string | undefined> {
  if (typeof CompressionStream === "undefined") {
    return undefined;
  }
  return MARK + encodeBase64(await through(ballot, new CompressionStream("deflate-raw")));
}

/**
 * The ballot in what somebody has kept of it, as a file or pasted: the ballot, a receipt that has it in it, or its code.
 *
 * @returns Undefined if there is none. Whether it is one of this vote is for the caller to see.
 */
export async function ballotIn(kept: Uint8Array): Promise<Uint8Array | undefined> {
  const text = new TextDecoder().decode(kept).replaceAll("\r\n", "\n").trim();
  try {
    if (text.startsWith(MARK)) {
      const bytes = decodeBase64(text.slice(MARK.length).replace(/\s/g, ""));
      return bytes === undefined ? undefined : await through(bytes, new DecompressionStream("deflate-raw"));
    }
    const ballot = text.startsWith(TLOG_PROOF) ? readReceipt(utf8(`${text}\n`)).extra : utf8(text);
    return ballot.length === 0 ? undefined : ballot;
  } catch {
    return undefined;
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
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
