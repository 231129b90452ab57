/** What is compared with a result: numbers in any digits, fingerprints in any form, and nothing that is not there. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { trackerOf } from "../../src/flow/tracker.ts";
import { fileOf, type Known, lookUp, numberOf, pileOf, placeIn, written } from "../../src/result/known.ts";

const PRINT = "ab".repeat(32);
const known: Known = {
  prints: [
    { what: "the charter", value: PRINT, file: true },
    { what: "the root", value: Buffer.from(PRINT, "hex").toString("base64"), file: false },
  ],
  numbers: { "1234567": ["votes"], "0": ["nobody"] },
  ballots: { digits: 1, count: 2 },
  size: 10,
  zero: 0x06f0,
  texts: {},
};

it("A number is the same in all digits and with all separators.", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), fc.constantFrom(0x30, 0x660, 0x6f0), (value, zero) => {
      const digits = (text: string) => text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
      for (const separator of ["", ",", "٬", ".", " ", "\u202f", "’"]) {
        const grouped = String(value).replace(/\B(?=(\d{3})+$)/g, separator);
        expect(numberOf(digits(grouped))).toBe(String(value));
      }
    }),
  );
});

it.each(["", "x", "12x", "½", "1".repeat(40), "constructor", "-5", "51.2", "51,25", "۵۱٫۲", "1,23,456", "12 %"])(
  "%j is no number.",
  (text) => {
    expect(numberOf(text)).toBeUndefined();
  },
);

it("A number is found only if it is in the result.", () => {
  expect(lookUp("۱٬۲۳۴٬۵۶۷", known)).toEqual({ kind: "number", what: ["votes"] });
  expect(lookUp("000", known)).toEqual({ kind: "number", what: ["nobody"] });
  expect(lookUp("1234568", known)).toEqual({ kind: "not-number" });
});

it("A fingerprint is found in each of its forms, everything that it is of; any other may be a ballot's.", () => {
  const bytes = Buffer.from(PRINT, "hex");
  for (const form of [PRINT, PRINT.toUpperCase(), bytes.toString("base64"), trackerOf(bytes)]) {
    expect(lookUp(form, known)).toEqual({ kind: "print", what: ["the charter", "the root"] });
  }
  const other = `${PRINT.slice(0, -1)}c`;
  expect(lookUp(other, known)).toEqual({ kind: "ballot", fingerprint: other });
  expect(lookUp("no", known)).toEqual({ kind: "bad" });
});

it("A file is one only by its own SHA-256, never by the root of a tree.", () => {
  expect(fileOf(PRINT, known)).toEqual(["the charter"]);
  expect(fileOf("cd".repeat(32), known)).toEqual([]);
});

it("A ballot is found in its file by all of its fingerprint.", () => {
  const ballot = `a${"1".repeat(63)}`;
  const pile = `${"0".repeat(63)}:1 ${"1".repeat(63)}:2`;
  expect(pileOf(ballot, known)).toBe("a");
  expect(placeIn(pile, ballot, known)).toBe(2);
  expect(placeIn(pile, `a${"1".repeat(62)}2`, known)).toBeUndefined();
  expect(placeIn("", ballot, known)).toBeUndefined();
});

it("Numbers are written in the language's digits.", () => {
  expect(written(120, known)).toBe("۱۲۰");
});
