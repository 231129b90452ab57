/** A receipt that was kept, compared with the board as it is now: kept, broken, or nothing that could be compared. */

import { verifyQuorum } from "../board/policy.ts";
import { readReceipt } from "../board/proof.ts";
import { InvalidProofError, PsephosError, QuorumError, UnavailableError } from "../errors.ts";
import { ContradictionError } from "./evidence.ts";
import type { Files } from "./files.ts";
import { refuseForks } from "./growth.ts";
import type { Anchor } from "./reading.ts";
import { type Acknowledged, checkedNote, readReply, refuseContradiction, seenFirst, treeOf } from "./standing.ts";

/** What the comparison came to. Only `kept` and `broken` say something about the ballot. */
export type Compared =
  /** What proves that the board has broken its word. */
  | { readonly kind: "broken"; readonly evidence: Uint8Array }
  /** The ballot is where the receipt says, in a tree of this size that the observers have countersigned. */
  | { readonly kind: "kept"; readonly size: number }
  /** What the observers have countersigned here ends before the place of the receipt. */
  | { readonly kind: "behind"; readonly place: number }
  /** Nothing is shown, or not enough of it. */
  | { readonly kind: "unreached" }
  /** What is shown does not hold, which proves nothing against the log. */
  | { readonly kind: "wrong"; readonly message: string }
  /** The receipt is of another log than the board shows. */
  | { readonly kind: "otherLog"; readonly log: string }
  /** The file is no receipt of a ballot, or one that does not hold. */
  | { readonly kind: "invalid"; readonly message: string };

const PLACES = ["checkpoint", "checkpoint.latest"];
/** Which of two findings is told: evidence before all, and a comparison that succeeded before one that did not. */
const FIRST: readonly Compared["kind"][] = ["broken", "kept", "wrong", "unreached", "behind"];

/** Compare what a receipt promised with what the board shows. */
export async function compareReceipt(files: Files, received: Uint8Array, anchor: Anchor): Promise<Compared> {
  const read = readKept(received, anchor);
  if ("kind" in read) {
    return read;
  }
  const found: Compared[] = [];
  for (const path of PLACES) {
    const compared = await compareAt(files, path, read, anchor).catch(readFailure);
    found.push(...(compared === undefined ? [] : [compared]));
  }
  return FIRST.map((kind) => found.find((one) => one.kind === kind)).find(Boolean) ?? { kind: "unreached" };
}

/** The ballot and its receipt; or why there is nothing to compare. */
function readKept(received: Uint8Array, anchor: Anchor): Acknowledged | Compared {
  try {
    const receipt = readReceipt(received);
    const log = receipt.signed.checkpoint.origin;
    if (log !== anchor.charter.terms.log.name) {
      return { kind: "otherLog", log };
    }
    if (receipt.extra.length === 0) {
      throw new InvalidProofError("there is no ballot in this receipt", { at: "extra" });
    }
    return readReply(received, receipt.extra, anchor);
  } catch (error) {
    if (error instanceof ContradictionError) {
      return { kind: "broken", evidence: error.evidence };
    }
    if (error instanceof PsephosError) {
      return { kind: "invalid", message: error.message };
    }
    throw error;
  }
}

/** Compare with one of the board's checkpoints; undefined if it shows none there. */
async function compareAt(
  files: Files,
  path: string,
  acknowledged: Acknowledged,
  anchor: Anchor,
): Promise<Compared | undefined> {
  // What it was promised is compared before what the page saw itself: whoever reads the evidence need not know that.
  const checked = await checkedNote(files, path, anchor, []);
  const { index } = acknowledged.receipt;
  if (checked === undefined) {
    return undefined;
  }
  const { observed, tree } = checked;
  const { log, receipts } = anchor.charter.terms;
  const reaches = tree.head.size > index;
  if (reaches) {
    await refuseContradiction(checked, acknowledged, files, anchor);
  }
  await refuseForks([treeOf(files, acknowledged.receipt.signed), seenFirst(anchor)], checked, log);
  if (!reaches) {
    return { kind: "behind", place: Number(index) };
  }
  try {
    verifyQuorum(observed.cosignatures.keys(), receipts);
  } catch (error) {
    if (error instanceof QuorumError) {
      // The log alone says so, and to nobody else, perhaps.
      return { kind: "behind", place: Number(index) };
    }
    throw error;
  }
  return { kind: "kept", size: Number(tree.head.size) };
}

function readFailure(error: unknown): Compared {
  if (error instanceof ContradictionError) {
    return { kind: "broken", evidence: error.evidence };
  }
  if (error instanceof UnavailableError) {
    return { kind: "unreached" };
  }
  if (error instanceof PsephosError) {
    return { kind: "wrong", message: error.message };
  }
  throw error;
}
