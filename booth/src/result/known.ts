/** What a page knows about a vote, and what it says to something that somebody pasted, or to a file. Pure. */

import { bytesToHex } from "@noble/hashes/utils.js";
import { readTracker } from "../flow/tracker.ts";

/** A fingerprint that belongs to the vote, in hexadecimal or base64. */
export interface Print {
  readonly what: string;
  readonly value: string;
  /** Whether it is the SHA-256 of a file that somebody may hold. */
  readonly file: boolean;
}

/** As `psephos auditor site` writes it into the page. */
export interface Known {
  readonly prints: readonly Print[];
  /** What each number of the result means. */
  readonly numbers: { readonly [number: string]: readonly string[] };
  readonly ballots: { readonly digits: number; readonly count: number };
  /** How many entries the record has. */
  readonly size: number;
  /** The language's digit zero, as a code point. */
  readonly zero: number;
  readonly texts: { readonly [name: string]: string };
}

/** What something that was given turned out to be. */
export type Found =
  | { readonly kind: "print"; readonly what: readonly string[] }
  | { readonly kind: "number"; readonly what: readonly string[] }
  | { readonly kind: "not-number" }
  | { readonly kind: "ballot"; readonly fingerprint: string }
  | { readonly kind: "bad" };

const LONGEST_NUMBER = 15;
const BLOCKS = [0x0030, 0x0660, 0x06f0];
const HIDDEN = /[\u200e\u200f\u2066-\u2069]/g;
/** Whole numbers, plain or in groups of three: in no language is the rest after another separator a thousand. */
const WHOLE = /^(?:\d+|\d{1,3}(?:[\s.,'’\u066c]\d{3})+)$/;

/** Looks something up that was typed, pasted or scanned; a ballot's fingerprint is still to be looked for. */
export function lookUp(given: string, known: Known): Found {
  const number = numberOf(given);
  if (number !== undefined) {
    const what = Object.hasOwn(known.numbers, number) ? known.numbers[number] : undefined;
    return what === undefined ? { kind: "not-number" } : { kind: "number", what };
  }
  const bytes = readTracker(given);
  if (bytes === undefined) {
    return { kind: "bad" };
  }
  const fingerprint = bytesToHex(bytes);
  const what = printsOf(fingerprint, known.prints);
  return what.length > 0 ? { kind: "print", what } : { kind: "ballot", fingerprint };
}

/** What the file with this SHA-256 is; empty if it is none of those that the page knows. */
export function fileOf(digest: string, known: Known): readonly string[] {
  return printsOf(
    digest,
    known.prints.filter((print) => print.file),
  );
}

function printsOf(fingerprint: string, prints: readonly Print[]): readonly string[] {
  const same = prints.filter((print) => {
    const value = readTracker(print.value);
    return value !== undefined && bytesToHex(value) === fingerprint;
  });
  return same.map((print) => print.what);
}

/** A whole number in any of our languages' digits, without its separators; undefined if it is none. */
export function numberOf(given: string): string | undefined {
  const ours = [...given.trim().replace(HIDDEN, "")].map((character) => {
    const code = character.codePointAt(0) ?? 0;
    const zero = BLOCKS.find((first) => code >= first && code < first + 10);
    return zero === undefined ? character : String(code - zero);
  });
  const text = ours.join("");
  const digits = text.replace(/\D/g, "");
  return WHOLE.test(text) && digits.length <= LONGEST_NUMBER ? digits.replace(/^0+(?=\d)/, "") : undefined;
}

/** A number in the language's digits. */
export function written(value: number, known: Known): string {
  return [...String(value)].map((digit) => String.fromCodePoint(known.zero + Number(digit))).join("");
}

/** The name of the file in which a ballot's fingerprint is listed, if it is. */
export function pileOf(fingerprint: string, known: Known): string {
  return fingerprint.slice(0, known.ballots.digits);
}

/** A ballot's place in the record, from the text of its file; undefined if it is not there. */
export function placeIn(pile: string, fingerprint: string, known: Known): number | undefined {
  const rest = `${fingerprint.slice(known.ballots.digits)}:`;
  const entry = pile.split(" ").find((one) => one.startsWith(rest));
  return entry === undefined ? undefined : Number(entry.slice(rest.length));
}
