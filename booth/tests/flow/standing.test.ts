/** What became of a ballot: what the page says of what a board shows it. */

import { sha256 } from "@noble/hashes/sha2.js";
import { expect, it } from "vitest";
import { find } from "../../src/flow/standing.ts";
import { english } from "../../src/text/en.ts";
import { timeIn } from "../../src/text/language.ts";
import { anchorOf, ballot, entries, headOf, NOW, QUORUM, Shown, signed } from "./shown.ts";

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
