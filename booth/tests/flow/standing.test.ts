/** What became of a ballot: what the page says of what a board shows it. */

import { sha256 } from "@noble/hashes/sha2.js";
import { expect, it } from "vitest";
import { readCheckpoint } from "../../src/board/checkpoint.ts";
import { verifyConsistency } from "../../src/board/merkle.ts";
import { readNote } from "../../src/board/note.ts";
import { readReceipt } from "../../src/board/proof.ts";
import { InvalidProofError, UnavailableError } from "../../src/errors.ts";
import { ContradictionError } from "../../src/flow/evidence.ts";
import { find, follow, readReply } from "../../src/flow/standing.ts";
import { english } from "../../src/text/en.ts";
import { timeIn } from "../../src/text/language.ts";
import {
  anchorOf,
  ballot,
  entries,
  headOf,
  LOG,
  NOW,
  OTHER_LOG,
  QUORUM,
  receiptOf,
  Shown,
  STANDBY,
  signed,
} from "./shown.ts";

const RECORD = entries(12);
const ANCHOR = anchorOf(RECORD, 4);
const LAST = 2n ** 63n - 1n;
const ABSENT = sha256(ballot(99));

it.each([
  ["one observer far ahead sets no time", [NOW, NOW + 5, NOW * 2], NOW + 5],
  ["one observer at an impossible time sets none", [NOW, NOW + 5, LAST], NOW + 5],
  ["a quorum at impossible times says none", [undefined, LAST, LAST], 0],
])("%s", async (_, times, time) => {
  const files = new Shown(RECORD, { checkpoint: signed(headOf(RECORD), times) });
  const answer = await find(files, ABSENT, ANCHOR);
  expect(answer).toEqual({ kind: "out", size: 12, time });
  expect(timeIn(english, time)).not.toBe("");
});

it("without a quorum nothing is said of the record", async () => {
  const files = new Shown(RECORD, { checkpoint: signed(headOf(RECORD), QUORUM.slice(1)) });
  expect(await find(files, ABSENT, ANCHOR)).toMatchObject({ kind: "wrong" });
});

/** Entry 2 is another one, and everything after it. */
const OTHER = [...RECORD.slice(0, 2), ...entries(12, 100)];

/** Evidence of two histories: what it shows is the larger tree at the smaller size, and not what was signed of it. */
function provesFork(error: unknown): boolean {
  expect(error).toBeInstanceOf(ContradictionError);
  const {
    kind,
    log,
    ours,
    theirs,
    proof = [],
    old_root: oldRoot = "",
  } = JSON.parse(new TextDecoder().decode((error as ContradictionError).evidence)) as {
    kind: string;
    log: string[];
    ours: string;
    theirs: string;
    proof?: string[];
    old_root?: string;
  };
  const [small, large] = [ours, theirs].map(
    (note) => readCheckpoint(readNote(new TextEncoder().encode(note)).text).head,
  );
  const root = new Uint8Array(Buffer.from(oldRoot, "base64"));
  if (small === undefined || large === undefined) {
    throw new Error("no heads");
  }
  expect([kind, log]).toEqual(["fork", [LOG.key.text]]);
  if (small.size === large.size) {
    return Buffer.compare(small.root, large.root) !== 0;
  }
  verifyConsistency(
    { size: small.size, root },
    large,
    proof.map((hash) => new Uint8Array(Buffer.from(hash, "base64"))),
  );
  return Buffer.compare(root, small.root) !== 0;
}

it("a larger tree of another history, countersigned by a quorum, is evidence", async () => {
  const files = new Shown(OTHER, { checkpoint: signed(headOf(OTHER), QUORUM) });
  const error: unknown = await find(files, ABSENT, ANCHOR).catch((caught: unknown) => caught);
  expect(provesFork(error)).toBe(true);
});

it("a smaller tree of another history is evidence as well", async () => {
  const files = new Shown(OTHER, { checkpoint: signed(headOf(OTHER, 3), QUORUM) });
  const error: unknown = await find(files, ABSENT, ANCHOR).catch((caught: unknown) => caught);
  expect(provesFork(error)).toBe(true);
});

it("a mirror that is behind is no contradiction, also if the first place is away", async () => {
  const files = new Shown(RECORD, { checkpoint: signed(headOf(RECORD, 3), QUORUM) });
  const away = anchorOf(RECORD, 4, { get: () => Promise.reject(new UnavailableError("away")) });
  for (const anchor of [ANCHOR, away]) {
    expect(await find(files, ABSENT, anchor)).toMatchObject({ kind: "out", size: 3 });
  }
});

it("false tiles are no evidence against the log", async () => {
  const files = new Shown(OTHER, { checkpoint: signed(headOf(RECORD), QUORUM) });
  expect(await find(files, ABSENT, anchorOf(RECORD, 4))).toMatchObject({ kind: "wrong" });
});

const RECEIPT = receiptOf(RECORD, 8, 9);
const acknowledged = (anchor = ANCHOR): ReturnType<typeof readReply> =>
  readReply(RECEIPT, readReceipt(RECEIPT).extra, anchor);

it("a newest head of another history than the receipt's is evidence, before anybody has countersigned it", async () => {
  const other = [...RECORD.slice(0, 8), ...entries(12, 100)];
  for (const size of [9, 12]) {
    const files = new Shown(other, { "checkpoint.latest": signed(headOf(other, size)) });
    const error: unknown = await follow(files, acknowledged(), ANCHOR).catch((caught: unknown) => caught);
    expect(provesFork(error)).toBe(true);
  }
});

it("a newest head of the receipt's size needs no tiles to be evidence", async () => {
  const { size } = headOf(RECORD, 9);
  const files = new Shown(RECORD, { "checkpoint.latest": signed({ size, root: new Uint8Array(32) }) });
  const error: unknown = await follow(files, acknowledged(), ANCHOR).catch((caught: unknown) => caught);
  expect(provesFork(error)).toBe(true);
});

it("a board that shows the standby log does nothing wrong, and one that shows a stranger's does", async () => {
  const shown = (by: typeof LOG): Shown => new Shown(RECORD, { checkpoint: signed(headOf(RECORD), QUORUM, by) });
  await expect(follow(shown(STANDBY), acknowledged(), ANCHOR)).rejects.toThrow(UnavailableError);
  expect(await find(shown(STANDBY), ABSENT, ANCHOR)).toEqual({ kind: "unavailable" });
  await expect(follow(shown(OTHER_LOG), acknowledged(), ANCHOR)).rejects.toThrow(InvalidProofError);
});

it("heads that were compared are not compared again", async () => {
  const files = new Shown(RECORD, { "checkpoint.latest": signed(headOf(RECORD)) });
  const receipt = acknowledged();
  const anchor = anchorOf(RECORD, 4);
  await follow(files, receipt, anchor);
  const asked = files.asked.length;
  expect(files.asked.filter((path) => path.startsWith("tile/"))).not.toEqual([]);
  await follow(files, receipt, anchor);
  expect(files.asked.slice(asked)).toEqual(["checkpoint", "checkpoint.latest"]);
});

it("a ballot whose tree the observers have countersigned is final, under their signatures", async () => {
  const files = new Shown(RECORD, { checkpoint: signed(headOf(RECORD), QUORUM) });
  const { standing, final } = await follow(files, acknowledged(), ANCHOR);
  expect([final, standing.observers]).toEqual([true, { have: 2, need: 2, all: 3 }]);
  expect(readReceipt(standing.receipt).signed.checkpoint.head.size).toBe(12n);
  const false_ = new Shown(OTHER, { checkpoint: signed(headOf(RECORD), QUORUM) });
  await expect(follow(false_, acknowledged(), ANCHOR)).rejects.toThrow(InvalidProofError);
});
