/**
 * tlog-proof (c2sp.org/tlog-proof, text of 2026-07-22): receipts.
 *
 *     c2sp.org/tlog-proof@v1
 *     extra <base64>          only if there is some; nobody signs it
 *     index <decimal>
 *     <base64 hash>           audit path, sibling of the leaf first
 *     (empty line)
 *     <checkpoint>            the note, cosignatures included
 */

import { utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeBase64 } from "../base64.ts";
import { MalformedError } from "../errors.ts";
import { readSignedCheckpoint, type SignedCheckpoint } from "./checkpoint.ts";
import { LONGEST_PROOF, verifyInclusion } from "./merkle.ts";
import { LARGEST_NOTE, readBase64, readHash, readSize, readUtf8, writeNote } from "./note.ts";
import { type Observed, type Policy, verifyCheckpoint, verifyQuorum } from "./policy.ts";

/** What a receipt begins with. */
export const TLOG_PROOF = "c2sp.org/tlog-proof@v1";
const LARGEST_EXTRA = 1_000_000;

/** A proof that an entry is in the log; nothing is verified yet. */
export interface Receipt {
  readonly index: bigint;
  readonly path: readonly Uint8Array[];
  readonly signed: SignedCheckpoint;
  /** > Applications MUST NOT implicitly trust the extra data. */
  readonly extra: Uint8Array;
}

/**
 * Read a `.tlog-proof` file.
 *
 * @throws {MalformedError} If it is not one.
 */
export function readReceipt(bytes: Uint8Array): Receipt {
  if (bytes.length > 2 * LARGEST_EXTRA + LARGEST_NOTE) {
    throw new MalformedError("the receipt is too large");
  }
  const text = readUtf8(bytes, "receipt");
  const cut = text.indexOf("\n\n");
  const [magic, ...lines] = text.slice(0, Math.max(cut, 0)).split("\n");
  if (cut < 0 || magic !== TLOG_PROOF) {
    throw new MalformedError("not a tlog-proof");
  }
  const extra = lines[0]?.startsWith("extra ") ? readBase64(lines.shift()?.slice(6) ?? "", "extra") : new Uint8Array(0);
  const [word, index, ...rest] = (lines.shift() ?? "").split(" ");
  if (word !== "index" || index === undefined || rest.length > 0 || extra.length > LARGEST_EXTRA) {
    throw new MalformedError("not an index", { at: "index" });
  }
  if (lines.length > LONGEST_PROOF) {
    throw new MalformedError("the audit path is too long");
  }
  return {
    index: readSize(index, "index"),
    path: lines.map((line, number) => readHash(line, `hash ${number + 1}`)),
    signed: readSignedCheckpoint(utf8ToBytes(text.slice(cut + 2))),
    extra,
  };
}

/** A receipt as bytes; what was read is written again byte for byte. */
export function writeReceipt({ index, path, signed, extra }: Receipt): Uint8Array {
  const lines = [
    TLOG_PROOF,
    ...(extra.length > 0 ? [`extra ${encodeBase64(extra)}`] : []),
    `index ${index}`,
    ...path.map((hash) => encodeBase64(hash)),
    "",
    new TextDecoder().decode(writeNote(signed.note)),
  ];
  return utf8ToBytes(lines.join("\n"));
}

/**
 * Check that an entry is in a log of the policy, and that enough have cosigned.
 *
 * @param leaf - The entry's leaf hash.
 * @throws {InvalidProofError} If a signature or the audit path does not hold: a lie, whoever has cosigned.
 * @throws {QuorumError} If all that holds, and too few have cosigned.
 */
export function verifyReceipt(receipt: Receipt, leaf: Uint8Array, policy: Policy): Observed {
  const observed = verifyCheckpoint(receipt.signed, policy);
  verifyInclusion(leaf, receipt, receipt.signed.checkpoint.head);
  verifyQuorum(observed.cosignatures.keys(), policy);
  return observed;
}
