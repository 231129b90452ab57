/** A receipt that was kept, compared with what a board shows: “kept” is said after a comparison, and never else. */

import { expect, it } from "vitest";
import { compareReceipt } from "../../src/flow/complaint.ts";
import { anchorOf, ballot, entries, headOf, NOW, OTHER_LOG, QUORUM, receiptOf, Shown, signed } from "./shown.ts";

const RECORD = entries(12);
const ANCHOR = anchorOf(RECORD, 4);
/** Of the ballot in place 8, when the log had nine entries. */
const RECEIPT = receiptOf(RECORD, 8, 9);
const COSIGNED = signed(headOf(RECORD), QUORUM);
const OLD = signed(headOf(RECORD, 5), QUORUM);
/** The record with another ballot in place 8. */
const OTHER = [...RECORD.slice(0, 8), ...entries(4, 100)];

const compare = (files: ConstructorParameters<typeof Shown>[1], log = RECORD, receipt = RECEIPT): Promise<object> =>
  compareReceipt(new Shown(log, files), receipt, ANCHOR);

it("a ballot that is where its receipt says is kept, up to what the observers have countersigned", async () => {
  expect(await compare({ checkpoint: COSIGNED })).toEqual({ kind: "kept", size: 12 });
  expect(await compare({ checkpoint: COSIGNED, "checkpoint.latest": "away" })).toEqual({ kind: "kept", size: 12 });
  expect(await compare({ checkpoint: OLD, "checkpoint.latest": COSIGNED })).toEqual({ kind: "kept", size: 12 });
});

it.each([
  ["an old head that the observers have countersigned", { checkpoint: OLD, "checkpoint.latest": OLD }],
  ["a new head that the log alone has signed", { checkpoint: OLD, "checkpoint.latest": signed(headOf(RECORD)) }],
  ["a new head that one observer has countersigned", { checkpoint: signed(headOf(RECORD), [NOW]) }],
])("nothing was kept or broken by %s", async (_, files) => {
  expect(await compare(files)).toEqual({ kind: "behind", place: 8 });
});

it.each([
  ["no checkpoint", {}],
  ["a network that is away", { checkpoint: "away", "checkpoint.latest": "away" }],
  ["tiles that are missing", { checkpoint: COSIGNED, "tile/0/000.p/12": "away" }],
] as const)("nothing was found out by %s", async (_, files) => {
  expect(await compare(files)).toEqual({ kind: "unreached" });
});

it("a receipt of another log is compared with nothing", async () => {
  const receipt = receiptOf(RECORD, 8, 9, OTHER_LOG);
  expect(await compare({ checkpoint: COSIGNED }, RECORD, receipt)).toEqual({
    kind: "otherLog",
    log: OTHER_LOG.key.name,
  });
});

it("what is no receipt, has no ballot or does not hold is compared with nothing", async () => {
  const text = new TextDecoder().decode(RECEIPT);
  const changed = [
    "thank you",
    text.replace(/^extra .*\n/m, ""),
    text.replace("index 8", "index 7"),
    text.replace(Buffer.from(ballot(8)).toString("base64"), Buffer.from(ballot(9)).toString("base64")),
  ];
  for (const receipt of changed) {
    const compared = compare({ checkpoint: COSIGNED }, RECORD, new TextEncoder().encode(receipt));
    expect(await compared).toMatchObject({ kind: "invalid" });
  }
});

it("a board whose tiles or signatures do not hold has proved nothing", async () => {
  const other = new Shown(OTHER, { checkpoint: COSIGNED });
  expect(await compareReceipt(other, RECEIPT, ANCHOR)).toMatchObject({ kind: "wrong" });
  const foreign = signed(headOf(RECORD), QUORUM, OTHER_LOG);
  expect(await compare({ checkpoint: foreign })).toMatchObject({ kind: "wrong" });
});

it("an old head of another history than the receipt's is evidence, too", async () => {
  const other = [...RECORD.slice(0, 5), ...entries(3, 100)];
  const files = new Shown(RECORD, { checkpoint: signed(headOf(other, 7), QUORUM) });
  const compared = await compareReceipt(files, RECEIPT, ANCHOR);
  expect(compared).toMatchObject({ kind: "broken" });
});

it.each(["checkpoint", "checkpoint.latest"])("another entry in its place is evidence, in %s", async (path) => {
  const later = signed(headOf(OTHER), path === "checkpoint" ? QUORUM : []);
  const compared = await compare({ checkpoint: OLD, [path]: later }, OTHER);
  expect(compared).toMatchObject({ kind: "broken" });
  const { evidence } = compared as { readonly evidence: Uint8Array };
  expect(JSON.parse(new TextDecoder().decode(evidence))).toMatchObject({ kind: "broken-promise" });
});
