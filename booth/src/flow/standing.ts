/** What became of a ballot: its receipt, the observers' countersignatures, and where it stands in the record. */

import { bytesToHex } from "@noble/hashes/utils.js";
import type { SignedCheckpoint } from "../board/checkpoint.ts";
import { hashLeaf, sameBytes, verifyInclusion } from "../board/merkle.ts";
import { quorumMoment } from "../board/moments.ts";
import { type Observed, verifyCheckpoint, verifyQuorum } from "../board/policy.ts";
import { type Receipt, readReceipt, writeReceipt } from "../board/proof.ts";
import { MalformedError, QuorumError, UnavailableError } from "../errors.ts";
import { ballotEntry, readBoardEntry } from "../record/board_entries.ts";
import { brokenPromiseEvidence, ContradictionError, forkEvidence } from "./evidence.ts";
import type { Files } from "./files.ts";
import { refuseForks, type Signed } from "./growth.ts";
import type { Answer, Standing } from "./model.ts";
import { type Anchor, countOf, noteAt } from "./reading.ts";
import { Tree } from "./tree.ts";

const SEGMENT = 65_536n;
const ROW = 36;
const FINGERPRINT = 32;

/** A ballot that the ballot box has acknowledged. */
export interface Acknowledged {
  readonly ballot: Uint8Array;
  readonly receipt: Receipt;
}

/**
 * Check what the ballot box answered: the log's own signature, and that this ballot's entry is in the tree.
 *
 * @throws {PsephosError} If it proves nothing.
 * @throws {ContradictionError} If it contradicts what the page has seen before.
 */
export function readReply(reply: Uint8Array, ballot: Uint8Array, { checkpoint, charter }: Anchor): Acknowledged {
  const receipt = readReceipt(reply);
  const { head } = receipt.signed.checkpoint;
  const { log, receipts } = charter.terms;
  verifyCheckpoint(receipt.signed, receipts);
  verifyInclusion(hashLeaf(ballotEntry(ballot)), receipt, head);
  // Of another size it is compared when the board shows a tree that is large enough.
  if (head.size === checkpoint.checkpoint.head.size && !sameBytes(head.root, checkpoint.checkpoint.head.root)) {
    const evidence = forkEvidence([checkpoint, receipt.signed], { log, proof: [] });
    throw new ContradictionError("two roots of one size", evidence);
  }
  return { ballot, receipt: { ...receipt, extra: ballot } };
}

/** Where a ballot stands now. */
export interface Followed {
  readonly standing: Standing;
  readonly final: boolean;
}

/** A ballot's standing by its receipt alone. */
export function standingOf({ receipt }: Acknowledged, anchor: Anchor): Standing {
  const { receipts } = anchor.charter.terms;
  return {
    place: Number(receipt.index),
    observers: countOf(verifyCheckpoint(receipt.signed, receipts), receipts),
    receipt: writeReceipt(receipt),
  };
}

/**
 * Look what the observers have countersigned by now.
 *
 * @throws {UnavailableError} If nothing new can be had.
 * @throws {ContradictionError} If the log has signed another history than that of the receipt.
 */
export async function follow(files: Files, acknowledged: Acknowledged, anchor: Anchor): Promise<Followed> {
  const before = standingOf(acknowledged, anchor);
  const { receipts } = anchor.charter.terms;
  const seen = [seenFirst(anchor), treeOf(files, acknowledged.receipt.signed)];
  const cosigned = await checkedNote(files, "checkpoint", anchor, seen);
  if (cosigned !== undefined && cosigned.signed.checkpoint.head.size > acknowledged.receipt.index) {
    verifyQuorum(cosigned.observed.cosignatures.keys(), receipts);
    const renewed = await renew(files, acknowledged, cosigned, anchor);
    const observers = countOf(cosigned.observed, receipts);
    return { standing: { ...before, observers, receipt: writeReceipt(renewed) }, final: true };
  }
  const latest = await checkedNote(files, "checkpoint.latest", anchor, seen);
  const newer = latest !== undefined && latest.signed.checkpoint.head.size > acknowledged.receipt.index;
  return {
    standing: { ...before, observers: newer ? countOf(latest.observed, receipts) : before.observers },
    final: false,
  };
}

/** A checkpoint whose signatures hold. */
interface Checked extends Signed {
  readonly observed: Observed;
}

/** A checkpoint, and its tree as it is read from there. */
export function treeOf(files: Files, signed: SignedCheckpoint): Signed {
  return { signed, tree: new Tree(files, signed.checkpoint.head) };
}

/** What the page saw first. */
export function seenFirst({ checkpoint, tree }: Anchor): Signed {
  return { signed: checkpoint, tree };
}

/**
 * A checkpoint of this log, of one history with what was seen before; undefined if none is shown.
 *
 * @throws {InvalidProofError} If a signature does not hold: such a copy says nothing against the log.
 * @throws {UnavailableError} If another log of this vote is shown there.
 * @throws {ContradictionError} If the log has signed two histories.
 */
export async function checkedNote(
  files: Files,
  path: string,
  anchor: Anchor,
  seen: readonly Signed[] = [seenFirst(anchor)],
): Promise<Checked | undefined> {
  const signed = await noteAt(files, path);
  if (signed === undefined) {
    return undefined;
  }
  const { log, logs, receipts } = anchor.charter.terms;
  const { origin } = signed.checkpoint;
  if (origin !== log.name && logs.some(({ name }) => name === origin)) {
    // Whether that log goes on for ours is read elsewhere, and until then nothing is wrong with it.
    throw new UnavailableError(`the log ${origin} is shown here, and not ${log.name}`, { at: path });
  }
  const checked = { ...treeOf(files, signed), observed: verifyCheckpoint(signed, receipts) };
  await refuseForks(seen, checked, log);
  return checked;
}

/** The receipt under a later checkpoint, whose tree must continue the receipt's. */
async function renew(files: Files, { ballot, receipt }: Acknowledged, later: Signed, anchor: Anchor): Promise<Receipt> {
  await refuseContradiction(later, { ballot, receipt }, files, anchor);
  const { path } = await later.tree.verify(receipt.index, ballotEntry(ballot));
  return { ...receipt, path, signed: later.signed };
}

/**
 * Compare what a receipt promised with a later tree.
 *
 * @throws {ContradictionError} If the tree has another entry at its place, or is of another history.
 * @throws {InvalidProofError} If the tiles are not those of the tree: that proves nothing against the log.
 */
export async function refuseContradiction(
  { signed: later, tree }: Signed,
  { ballot, receipt }: Acknowledged,
  files: Files,
  { charter }: Anchor,
): Promise<void> {
  const { log } = charter.terms;
  const leaf = hashLeaf(ballotEntry(ballot));
  const { path } = await tree.inclusion(receipt.index);
  const found = await tree.compute((read) => read(0, receipt.index));
  verifyInclusion(found, { index: receipt.index, path }, tree.head);
  if (!sameBytes(found, leaf)) {
    const evidence = brokenPromiseEvidence(receipt, { log, leaf, later, otherLeaf: found, path });
    throw new ContradictionError("another entry stands at the place of this ballot", evidence);
  }
  await refuseForks([treeOf(files, receipt.signed)], { signed: later, tree }, log);
}

/**
 * Look a ballot up: bucket, bundle, inclusion. A bucket is never believed, and that none names a ballot proves nothing.
 *
 * Every request is for a piece that many ballots share.
 */
export async function find(files: Files, fingerprint: Uint8Array, anchor: Anchor): Promise<Answer> {
  try {
    const checked = await checkedNote(files, "checkpoint", anchor);
    if (checked === undefined) {
      return { kind: "unavailable" };
    }
    const { tree, observed } = checked;
    const { receipts } = anchor.charter.terms;
    verifyQuorum(observed.cosignatures.keys(), receipts);
    const place = await placeOf(files, fingerprint, tree);
    if (place !== undefined) {
      return { kind: "in", place: Number(place), observers: countOf(observed, receipts) };
    }
    return { kind: "out", size: Number(tree.head.size), time: quorumMoment(observed, receipts) };
  } catch (error) {
    if (error instanceof UnavailableError) {
      return { kind: "unavailable" };
    }
    if (error instanceof ContradictionError) {
      throw error;
    }
    return { kind: "wrong", message: error instanceof Error ? error.message : "unknown" };
  }
}

async function placeOf(files: Files, fingerprint: Uint8Array, tree: Tree): Promise<bigint | undefined> {
  const prefix = bytesToHex(fingerprint.subarray(0, 1));
  for (let segment = 0n; segment * SEGMENT < tree.head.size; segment++) {
    const limit = Number(SEGMENT) * ROW;
    const bucket = (await files.get(`find/${segment}/${prefix}`, { limit })) ?? new Uint8Array();
    for (const index of rowsOf(bucket, fingerprint)) {
      if (index < tree.head.size && (await isBallot(tree, index, fingerprint))) {
        return index;
      }
    }
  }
  return undefined;
}

/** The entries that a bucket names for a fingerprint. */
export function rowsOf(bucket: Uint8Array, fingerprint: Uint8Array): readonly bigint[] {
  if (bucket.length % ROW !== 0) {
    throw new MalformedError("a bucket has rows of 36 bytes", { at: "bucket" });
  }
  const rows: bigint[] = [];
  for (let start = 0; start < bucket.length; start += ROW) {
    if (sameBytes(bucket.subarray(start, start + FINGERPRINT), fingerprint)) {
      const view = new DataView(bucket.buffer, bucket.byteOffset + start + FINGERPRINT, ROW - FINGERPRINT);
      rows.push(BigInt(view.getUint32(0)));
    }
  }
  return rows;
}

async function isBallot(tree: Tree, index: bigint, fingerprint: Uint8Array): Promise<boolean> {
  const { kind, parts } = readBoardEntry(await tree.entry(index));
  return kind === "Ballot" && parts[0]?.digest === bytesToHex(fingerprint);
}

/** Whether an error means only that the observers are not ready yet. */
export function isNotYet(error: unknown): boolean {
  return error instanceof QuorumError || error instanceof UnavailableError;
}
