/** The ballot in whatever a voter may have kept of it. */

import { expect, it } from "vitest";
import { ballotIn, packed } from "../../src/page/packing.ts";
import { ballot, entries, receiptOf } from "../flow/shown.ts";

const BALLOT = ballot(8);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const RECEIPT = textOf(receiptOf(entries(12), 8, 9));
const CODE = (await packed(BALLOT)) ?? "";

it.each([
  ["the ballot", textOf(BALLOT)],
  ["the ballot, as an editor has saved it", `\uFEFF${textOf(BALLOT)}\r\n`],
  ["its code", CODE],
  ["its code, broken into lines", `  ${CODE.replace(/(.{20})/g, "$1\n")}\n`],
  ["its receipt", RECEIPT],
  ["its receipt, as it is pasted", RECEIPT.trim()],
  ["its receipt, with the line ends of a mail", RECEIPT.replaceAll("\n", "\r\n")],
])("is found in %s", async (_, kept) => {
  expect(await ballotIn(utf8(kept))).toEqual(BALLOT);
});

it.each([
  ["nothing", ""],
  ["blanks", " \n "],
  ["a code that is cut off", CODE.slice(0, -9)],
  ["a code of something else than base64", "psephos-ballot/1:!"],
  ["a receipt without a ballot", RECEIPT.replace(/^extra .*\n/m, "")],
  ["a receipt that is cut off", RECEIPT.slice(0, 60)],
])("is not found in %s", async (_, kept) => {
  expect(await ballotIn(utf8(kept))).toBeUndefined();
});

it("a code that grows without end is not unpacked", async () => {
  expect(await ballotIn(utf8((await packed(new Uint8Array(60_001))) ?? ""))).toBeUndefined();
});
