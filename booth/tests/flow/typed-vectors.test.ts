/** The same credentials, mistakes and trackers as Python reads (vectors/protocol/typed.json). */

import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect, test } from "vitest";
import { inGroups, readTracker, trackerOf } from "../../src/flow/tracker.ts";
import { checkCharacters, readTyped } from "../../src/flow/typed.ts";
import { jsonOf } from "../support/vectors.ts";

interface Problem {
  readonly kind: "group" | "character" | "length" | "swapped" | "several";
  readonly group?: number;
  readonly have?: number;
}

interface Vectors {
  readonly credentials: readonly { readonly credential: string; readonly check: string }[];
  readonly read: readonly { readonly typed: string; readonly credential: string }[];
  readonly refused: readonly { readonly typed: string; readonly problem: Problem }[];
  readonly trackers: readonly {
    readonly ballot: string;
    readonly fingerprint: string;
    readonly base64: string;
    readonly base32: string;
  }[];
  readonly fingerprints: readonly { readonly fingerprint: string; readonly shown: string }[];
}

const TYPED = jsonOf<Vectors>("protocol", "typed.json");

test.each(TYPED.credentials)("$credential has the check characters $check", ({ credential, check }) => {
  expect(checkCharacters(credential.replaceAll("-", ""))).toBe(check);
});

test.each(TYPED.read)("$typed is read", ({ typed, credential }) => {
  expect(readTyped(typed)).toMatchObject({ kind: "credential", text: credential });
});

test.each(TYPED.refused)("$typed is not read as another credential, and its problem is named", ({ typed, problem }) => {
  const read = readTyped(typed);
  if (problem.kind === "group") {
    expect(read).toEqual({ kind: "group", group: problem.group });
  } else if (problem.kind === "length") {
    expect(read).toEqual({ kind: "incomplete", have: problem.have });
  } else if (problem.kind === "swapped" || problem.kind === "several") {
    expect(read).toEqual({ kind: "swapped" });
  } else {
    // Python refuses 0, O, I and l; the booth takes them for what they look like where the check characters agree.
    const fits = read.kind === "credential" && read.checked;
    expect(fits || ["character", "keyboard", "incomplete"].includes(read.kind)).toBe(true);
  }
});

test.each(TYPED.trackers)("the tracker of $ballot has three forms", ({ ballot, fingerprint, base64, base32 }) => {
  const digest = sha256(utf8ToBytes(ballot));
  expect(trackerOf(digest)).toBe(base32);
  for (const form of [fingerprint, base64, base32]) {
    expect(readTracker(form)).toEqual(digest);
  }
});

test.each(TYPED.fingerprints)("the fingerprint $fingerprint is shown as in the letter", ({ fingerprint, shown }) => {
  expect(inGroups(fingerprint)).toBe(shown);
});
