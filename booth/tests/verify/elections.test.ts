/** Records made by belenios-tool are accepted, with the result that it announced. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Audit } from "../../src/verify/audit.ts";
import { CHECKS } from "../../src/verify/checks.ts";
import { audited, jsonOf, REPOSITORY, recordOf } from "../support/vectors.ts";

const HOMOMORPHIC = [
  "belenios2048-yesno-single-trustee-2.0",
  "belenios2048-yesno-single-trustee-3.3",
  "ed25519-threshold-2of3-plus-mandatory",
  "ed25519-yesno-single-trustee",
];
const NEEDS_FILES_BESIDE = ["V5", "V18", "V19", "V20", "V21", "V22", "V23", "V24", "V25", "V26", "V27", "V28"];

test.each(HOMOMORPHIC)("the record %s verifies with its result", (name) => {
  const report = audited(recordOf("elections", name));
  const passed = [...report.results.values()].filter(({ status }) => status === "passed").map(({ check }) => check.id);
  expect(report.verdict).toBe("verified");
  expect(passed).toEqual(CHECKS.map(({ id }) => id).filter((id) => !NEEDS_FILES_BESIDE.includes(id)));
  const expected = jsonOf<{ result: number[][] }>("elections", name, "expected_result.json").result;
  expect(report.result?.map((question) => question.map(Number))).toEqual(expected);
  const voters = jsonOf<[string, unknown][]>("elections", name, "votes.json").map(([voter]) => voter);
  expect(report.counted).toBe(new Set(voters).size);
});

test("a shuffled record ends as not supported, and the question is named", () => {
  const report = audited(recordOf("elections", "ed25519-nh-2shuffles"));
  expect(report.verdict).toBe("could not verify");
  expect(report.results.get("V4")?.findings).toMatchObject([{ code: "unsupported", at: "/questions/0" }]);
});

test.each([1, 511, 4097])("the report does not depend on the length of the pieces (%i)", (length) => {
  const record = recordOf("elections", "ed25519-yesno-single-trustee");
  const audit = new Audit();
  for (let start = 0; start < record.length; start += length) {
    audit.push(record.subarray(start, start + length));
  }
  expect(JSON.stringify(audit.end())).toBe(JSON.stringify(audited(record)));
});

test("the checks are those of the page", () => {
  const page = readFileSync(join(REPOSITORY, "docs/reference/checks.md"), "utf-8");
  const listed = [...page.matchAll(/^\| \[(V\d+)\]\(#v\d+\) \| (.*?) \|/gm)].map(([, id, title]) => ({ id, title }));
  const clauses = [...page.matchAll(/^## V\d+\n.*?^- Clause: (.*?)$/gms)].map(([, clause]) => clause);
  expect(CHECKS).toEqual(listed.map((check, index) => ({ ...check, clause: clauses[index] })));
});
