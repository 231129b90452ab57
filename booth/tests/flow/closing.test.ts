/** Whether voting is over: by the record and the observers' time, and without more to fetch than is needed. */

import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect, it } from "vitest";
import { InvalidProofError } from "../../src/errors.ts";
import { isOver } from "../../src/flow/closing.ts";
import { Tree } from "../../src/flow/tree.ts";
import { entries, headOf, NOW, Shown } from "./shown.ts";

const TERMS = { earliestClose: NOW, latestClose: NOW + 100 };
const END = utf8ToBytes("psephos/EndBallots/1\ninline 1\n\nx");
const OPEN = entries(5);
const ENDED = [...OPEN, END];

it.each([
  ["a ballot is last", OPEN, NOW + 50, false],
  ["the end of voting is last", ENDED, NOW + 50, true],
  ["something else is last", [...OPEN, utf8ToBytes("psephos/Abdication/1\n\n")], NOW + 50, false],
  ["it is later than voting could end", OPEN, NOW + 101, true],
  ["it is the last moment", OPEN, NOW + 100, false],
] as const)("where %s", async (_, log, moment, over) => {
  expect(await isOver(new Tree(new Shown(log, {}), headOf(log)), TERMS, moment)).toBe(over);
});

it("before voting can have ended, nothing is fetched", async () => {
  const files = new Shown(ENDED, {});
  expect(await isOver(new Tree(files, headOf(ENDED)), TERMS, NOW - 1)).toBe(false);
  expect(files.asked).toEqual([]);
});

it("an end that cannot be had says nothing, and one that is not in the tree is refused", async () => {
  const away = new Shown(ENDED, { "tile/entries/000.p/6": "away" });
  expect(await isOver(new Tree(away, headOf(ENDED)), TERMS, NOW)).toBe(false);
  const other = new Shown([...OPEN, utf8ToBytes("psephos/EndBallots/1\ninline 1\n\ny")], {});
  await expect(isOver(new Tree(other, headOf(ENDED)), TERMS, NOW)).rejects.toThrow(InvalidProofError);
});
