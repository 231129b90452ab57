/** The shared vectors about the moment of a quorum. */

import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect, test } from "vitest";
import { readSignedCheckpoint } from "../../src/board/checkpoint.ts";
import { quorumMoment } from "../../src/board/moments.ts";
import { readPolicy, verifyCheckpoint } from "../../src/board/policy.ts";
import { jsonOf } from "../support/vectors.ts";

interface Case {
  readonly name: string;
  readonly policy: string;
  readonly note: string;
  readonly moment: number;
}

const { cases } = jsonOf<{ cases: Case[] }>("board", "moments.json");

test.each(cases)("$name: $moment", ({ policy, note, moment }) => {
  const rule = readPolicy(utf8ToBytes(policy));
  expect(quorumMoment(verifyCheckpoint(readSignedCheckpoint(utf8ToBytes(note)), rule), rule)).toBe(moment);
});
