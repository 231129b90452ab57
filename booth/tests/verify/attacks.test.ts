/** Every attack is refused by the check that should refuse it, and by no other; controls are accepted. */

import { expect, test } from "vitest";
import { audited, failedOf, jsonOf, recordOf } from "../support/vectors.ts";

interface Case {
  readonly path: string;
  readonly desc: string;
  readonly expected: "accept" | "reject";
}

const CASES = jsonOf<Case[]>("attacks", "manifest.json");
const REFUSED_BY = jsonOf<{ readonly [path: string]: readonly string[] }>("attacks", "refused-by.json");
const SHUFFLES = CASES.filter(({ path }) => path.includes("shuffle"));
const HOMOMORPHIC = CASES.filter(({ path }) => !path.includes("shuffle"));
const ATTACKS = HOMOMORPHIC.filter(({ expected }) => expected === "reject");
const CONTROLS = HOMOMORPHIC.filter(({ expected }) => expected === "accept");

test("every attack has its check, and there are attacks", () => {
  expect(ATTACKS.map(({ path }) => path).sort()).toEqual(Object.keys(REFUSED_BY).sort());
  expect([ATTACKS.length > 30, CONTROLS.length > 5, SHUFFLES.length > 5]).toEqual([true, true, true]);
});

test.each(ATTACKS)("$path ($desc) is refused by its check", ({ path }) => {
  const report = audited(recordOf("attacks", path));
  expect(report.verdict).toBe("verified false");
  expect(failedOf(report)).toEqual(REFUSED_BY[path]);
  expect(report.result).toBeUndefined();
});

test.each(CONTROLS)("$path ($desc) is accepted", ({ path }) => {
  expect(audited(recordOf("attacks", path)).verdict).toBe("verified");
});

test.each(SHUFFLES)("$path ($desc) is never passed", ({ path }) => {
  expect(audited(recordOf("attacks", path)).verdict).toBe("could not verify");
});

test("an invalid share beside enough valid ones is named", () => {
  const path = "negative-ed25519-threshold/t-01-one-invalid-pd-threshold-met";
  const findings = audited(recordOf("attacks", path)).results.get("V15")?.findings;
  expect(findings?.map(({ culprit }) => culprit)).toEqual(["trustee 2"]);
});
