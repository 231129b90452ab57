/** The board's shared vectors: what is read, what is refused, which receipts hold. */

import { hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";
import { readCheckpoint, writeCheckpoint } from "../../src/board/checkpoint.ts";
import { readNote, readUtf8, readVerifierKey, writeNote } from "../../src/board/note.ts";
import { readPolicy } from "../../src/board/policy.ts";
import { readReceipt, verifyReceipt, writeReceipt } from "../../src/board/proof.ts";
import { pathOf, readPath } from "../../src/board/tiles.ts";
import { InvalidProofError, MalformedError, QuorumError, UnsupportedError } from "../../src/errors.ts";
import { readBoardEntry, writeBoardEntry } from "../../src/record/board_entries.ts";
import { jsonOf } from "../support/vectors.ts";
import { bytesOf } from "./support.ts";

interface Form {
  readonly accepted: readonly string[];
  readonly refused: readonly string[];
}

interface Case {
  readonly name: string;
  readonly receipt: string;
  readonly leaf: string;
  readonly expected: "holds" | "invalid-proof" | "quorum-not-met";
  readonly cosigned: readonly string[];
  readonly have: number;
  readonly need: number;
}

const { description: _, ...FORMS } = jsonOf<{ [name: string]: Form }>("board", "forms.json");
const RECEIPTS = jsonOf<{ policy: string; cases: Case[] }>("board", "receipts.json");
const POLICY = readPolicy(utf8ToBytes(RECEIPTS.policy));
const text = (bytes: Uint8Array): string => readUtf8(bytes, "text");

/** Reads bytes and writes them again; a policy may be written in more than one way. */
const AGAIN: { readonly [name: string]: (bytes: Uint8Array) => Uint8Array } = {
  note: (bytes) => writeNote(readNote(bytes)),
  "verifier key": (bytes) => utf8ToBytes(readVerifierKey(text(bytes)).text),
  checkpoint: (bytes) => utf8ToBytes(writeCheckpoint(readCheckpoint(text(bytes)))),
  policy: (bytes) => {
    readPolicy(bytes);
    return bytes;
  },
  receipt: (bytes) => writeReceipt(readReceipt(bytes)),
  path: (bytes) => utf8ToBytes(pathOf(readPath(text(bytes)))),
  entry: (bytes) => writeBoardEntry(readBoardEntry(bytes)),
};

test("no format of the file is left out", () => {
  expect(Object.keys(FORMS).sort()).toEqual(Object.keys(AGAIN).sort());
});

describe.each(Object.entries(FORMS))("%s", (name, { accepted, refused }) => {
  const again = AGAIN[name] ?? ((bytes: Uint8Array) => bytes);

  test.each(accepted)("%s is read, and written again byte for byte", (data) => {
    expect(again(bytesOf(data))).toEqual(bytesOf(data));
  });

  test.each(refused)("%s is refused", (data) => {
    expect(() => again(bytesOf(data))).toThrow(MalformedError);
  });
});

test.each(RECEIPTS.cases)("the receipt “$name”: $expected", ({ receipt, leaf, expected, cosigned, have, need }) => {
  const attempt = (): string[] => {
    const observed = verifyReceipt(readReceipt(utf8ToBytes(receipt)), hexToBytes(leaf), POLICY);
    return [...observed.cosignatures.keys()];
  };
  if (expected === "holds") {
    expect(attempt()).toEqual(cosigned);
  } else {
    expect(attempt).toThrow(expected === "invalid-proof" ? InvalidProofError : QuorumError);
    if (expected === "quorum-not-met") {
      expect(attempt).toThrow(expect.objectContaining({ have, need }));
    }
  }
});

test("a key that nobody can check is unsupported, never skipped", () => {
  expect(() => readPolicy(utf8ToBytes("witness a name+00000000+AgAAAA==\nquorum none\n"))).toThrow(UnsupportedError);
});

test.each(["psephos/Abdication/1", "psephos/Ballot/2", "psephos/toString/1"])(
  "an entry %s is not understood",
  (first) => {
    const expected = first.includes("toString") ? MalformedError : UnsupportedError;
    expect(() => readBoardEntry(utf8ToBytes(`${first}\ninline 1\n\nx`))).toThrow(expected);
  },
);
