/** The shared vectors about logs that take over. */

import { describe, expect, test } from "vitest";
import { PsephosError } from "../../src/errors.ts";
import { readCharter, termsUnder } from "../../src/record/charter.ts";
import { readPlaces, verifyInForce } from "../../src/record/succession.ts";
import { jsonOf } from "../support/vectors.ts";
import { bytesOf } from "./support.ts";

interface Case {
  readonly name: string;
  readonly origin: string;
  readonly entries: readonly { readonly place: number; readonly entry: string; readonly root: string }[];
  readonly expected: string;
}

const VECTORS = jsonOf<{ charter: string; cases: Case[] }>("board", "successions.json");
const { terms } = readCharter(bytesOf(VECTORS.charter));

test.each(VECTORS.cases)("$name: $expected", ({ origin, entries, expected }) => {
  const placed = entries.map(({ place, entry, root }) => ({
    place: BigInt(place),
    entry: bytesOf(entry),
    root: bytesOf(root),
  }));
  let found = "in-force";
  try {
    expect(verifyInForce(terms, placed, origin).name).toBe(origin);
  } catch (error) {
    if (!(error instanceof PsephosError)) {
      throw error;
    }
    found = error.code;
  }
  expect(found).toBe(expected);
});

describe("the places of decisions", () => {
  const places = (text: string): readonly bigint[] => readPlaces(new TextEncoder().encode(text));

  test("are a line each", () => {
    expect(places("")).toEqual([]);
    expect(places("5\n7\n")).toEqual([5n, 7n]);
  });

  test.each(["5", "5\n\n", "05\n", "-1\n", "x\n"])("%j is no list of them", (text) => {
    expect(() => places(text)).toThrow(PsephosError);
  });
});

test("under a log that took over, what the others sign counts no more", () => {
  const [, standby] = terms.logs;
  const under = termsUnder(terms, standby ?? terms.log);
  expect(under.receipts.logs.map(({ name }) => name)).toEqual(["standby.example/2026"]);
  expect(under.log.name).toBe("standby.example/2026");
  expect(under.receipts.witnesses).toBe(terms.receipts.witnesses);
});
