/** What people type, from the vectors that Python reads as well. */

import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect, test } from "vitest";
import { readTracker, trackerOf } from "../../src/flow/tracker.ts";
import { checkCharacters, readTyped } from "../../src/flow/typed.ts";
import { jsonOf } from "../support/vectors.ts";

type Problem = { readonly kind: string; readonly group?: number; readonly place?: number; readonly have?: number };

const VECTORS = jsonOf<{
  readonly credentials: readonly { readonly credential: string; readonly check: string }[];
  readonly read: readonly { readonly typed: string; readonly credential: string }[];
  readonly refused: readonly { readonly typed: string; readonly problem: Problem }[];
  readonly trackers: readonly { readonly ballot: string; readonly base32: string; readonly base64: string }[];
}>("protocol", "typed.json");

test.each(VECTORS.credentials)("the check characters of $credential", ({ credential, check }) => {
  expect(checkCharacters(credential.replaceAll("-", ""))).toBe(check);
});

test.each(VECTORS.read)("$typed is read", ({ typed, credential }) => {
  expect(readTyped(typed)).toMatchObject({ kind: "credential", text: credential });
});

test.each(VECTORS.refused)("$typed is refused, and the group named where it is known", ({ typed, problem }) => {
  const found = readTyped(typed);
  expect(found.kind).not.toBe("credential");
  if (problem.kind === "group") {
    expect(found).toEqual({ kind: "group", group: problem.group });
  }
});

test.each(VECTORS.trackers)("the tracker of “$ballot” in its three forms", ({ ballot, ...forms }) => {
  const fingerprint = sha256(utf8ToBytes(ballot));
  expect(trackerOf(fingerprint)).toBe(forms.base32);
  expect(Object.values(forms).map(readTracker)).toEqual([fingerprint, fingerprint, fingerprint]);
});
