/** Texts: one form each. */

import { utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "../../src/base64.ts";
import { MalformedError, UnsupportedError } from "../../src/errors.ts";
import { readElection } from "../../src/protocol/election.ts";
import { readFields, readInteger, readJson, readWeight, writeJson } from "../../src/protocol/encoding.ts";
import { jsonOf, recordOf } from "../support/vectors.ts";

test("what is written is read back", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3, stringUnit: "grapheme" }), (value) => {
      const bytes = writeJson(value as never);
      expect(writeJson(readJson(bytes, "value"))).toEqual(bytes);
    }),
  );
});

test.each([
  '{"a": 1}',
  '{"a":1,"a":1}',
  '{"a":1}\n',
  '"\\u0041"',
  '"\\/"',
  "1.0",
  "1e2",
  "-0",
  "01",
  "9007199254740993",
  '"\\ud800"',
  '"\\\\\\ud800"',
  "\ufeff1",
  "",
  "nul",
  '{"__proto__":1,"__proto__":1}',
])("%j is not the one form of anything", (text) => {
  expect(() => readJson(utf8ToBytes(text), "value")).toThrow(MalformedError);
});

test("bytes that are not UTF-8 are refused", () => {
  expect(() => readJson(Uint8Array.of(0x22, 0xff, 0x22), "value")).toThrow("not JSON in UTF-8");
  expect(readJson(utf8ToBytes('"\\\\ud800"'), "value")).toBe("\\ud800");
});

test("fields: in order, none missing, none unknown", () => {
  const names = ["a", "?b", "c"];
  for (const value of [
    { a: 1, c: 2 },
    { a: 1, b: 0, c: 2 },
  ]) {
    expect(readFields(value, "", names).count("c")).toBe(2);
  }
  for (const value of [{ c: 2, a: 1 }, { a: 1 }, { a: 1, c: 2, d: 3 }, { a: 1, c: 2, b: 0 }, [], null, "a"]) {
    expect(() => readFields(value, "/x", names)).toThrow(MalformedError);
  }
  expect(() => readFields(JSON.parse('{"a":1,"c":2,"__proto__":3}') as never, "", names)).toThrow(MalformedError);
});

test("numbers: decimal without leading zeros, below the bound", () => {
  expect(readInteger("0", "", 5n)).toBe(0n);
  for (const text of ["5", "05", "-1", "+1", "1_0", "0x1", " 1", "1\n", "", "٣", "9".repeat(10_000)]) {
    expect(() => readInteger(text, "/x", 5n)).toThrow(MalformedError);
  }
});

test("weights: a number up to 2³⁰ − 1, a text beyond", () => {
  expect([readWeight(2 ** 30 - 1, ""), readWeight("1073741824", "")]).toEqual([2n ** 30n - 1n, 2n ** 30n]);
  for (const value of [2 ** 30, "1073741823", -1, 0.5, "x", null]) {
    expect(() => readWeight(value, "/x")).toThrow(MalformedError);
  }
});

test("base64 has one form", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = encodeBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64"));
      expect(decodeBase64(text)).toEqual(bytes);
      expect(encodeBase64(bytes, false)).toBe(text.replaceAll("=", ""));
    }),
  );
  for (const text of ["A", "AA", "AAA", "AB==", "AAB=", "AA=", "AA==\n", "AA-=", "A===", "====", "AA==AA=="]) {
    expect(decodeBase64(text)).toBeUndefined();
  }
});

const ELECTION = jsonOf<{ [name: string]: unknown }>("elections", "ed25519-yesno-single-trustee", "election.json");

function electionWith(changes: { readonly [name: string]: unknown }): Uint8Array {
  return utf8ToBytes(JSON.stringify({ ...ELECTION, ...changes }));
}

test.each([
  [{ version: 2 }, UnsupportedError],
  [{ group: "P-256" }, MalformedError],
  [{ questions: [{ type: "Lists", value: {} }] }, UnsupportedError],
  [{ version: "1" }, UnsupportedError],
  [{ questions: [{ answers: ["a"], min: 0, max: 0, question: "?" }] }, MalformedError],
  [{ questions: [] }, MalformedError],
  [{ questions: [{ answers: [], min: 0, max: 0, question: "?" }] }, MalformedError],
  [{ questions: [{ answers: ["a"], min: 2, max: 2, question: "?" }] }, MalformedError],
  [{ questions: [{ answers: ["a"], min: 1, max: 0, question: "?" }] }, MalformedError],
  [{ questions: [{ answers: ["a"], blank: 1, min: 0, max: 1, question: "?" }] }, MalformedError],
  [{ uuid: "short" }, MalformedError],
  [{ uuid: "0OIl0OIl0OIl0OIl" }, MalformedError],
  [{ public_key: "0000000000000000000000000000000000000000000000000000000000000001" }, MalformedError],
  [{ unknown: 1 }, MalformedError],
  [{ language: ["fa", "up"] }, MalformedError],
])("an election with %j is refused", (changes, error) => {
  expect(() => readElection(electionWith(changes))).toThrow(error);
});

test("an election is read, with what is optional", () => {
  const election = readElection(electionWith({ administrator: "A", language: ["fa", "rtl"] }));
  expect(election.questions).toHaveLength(1);
  expect(recordOf("elections", "ed25519-yesno-single-trustee").length).toBeGreaterThan(0);
});
