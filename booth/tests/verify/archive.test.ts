/** Archives: in one form, read in pieces; damaged ones are refused, and nothing of them crashes the audit. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ArchiveReader, type ArchiveRecord, writeHeader, writeRecord } from "../../src/record/archive.ts";
import { EVENT_KINDS, type EventKind, type Phase, phaseAfter } from "../../src/record/phases.ts";
import { audited, failedOf, REPOSITORY, recordOf } from "../support/vectors.ts";

const RECORD = recordOf("elections", "ed25519-yesno-single-trustee");
const TIMESTAMP = Number.parseInt(new TextDecoder().decode(RECORD.subarray(136, 147)), 8);
/** The setup alone: five records that cost little to verify. */
const SETUP = RECORD.slice(0, recordsOf(RECORD)[5]?.offset);

function recordsOf(archive: Uint8Array): ArchiveRecord[] {
  const reader = new ArchiveReader();
  const records = [...reader.push(archive)];
  reader.end();
  return records;
}

test("an archive is written again byte for byte", () => {
  const records = recordsOf(RECORD);
  expect(records.every(({ intact }) => intact)).toBe(true);
  const written = records.map(({ kind, content }) => writeRecord(kind, content, TIMESTAMP));
  expect(concatBytes(...written)).toEqual(RECORD.slice(1024));
});

test("the setup alone is a record that is verified as far as it goes", () => {
  const report = audited(SETUP);
  expect([report.verdict, report.phase, report.voters]).toEqual(["verified", "open", 10]);
});

test("a changed byte anywhere is found, and by V1 or V2", () => {
  fc.assert(
    fc.property(fc.nat(SETUP.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = SETUP.slice();
      damaged[at] = (damaged[at] ?? 0) ^ change;
      const report = audited(damaged);
      // The first eight bytes say that it is an archive at all.
      expect(report.verdict).toBe(at < 8 ? "could not verify" : "verified false");
      if (at >= 8) {
        expect(failedOf(report).some((check) => check === "V1" || check === "V2")).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

test("cut off anywhere, an archive is never verified, unless a whole event ends there", () => {
  fc.assert(
    fc.property(fc.nat(SETUP.length - 1), (length) => {
      expect(audited(SETUP.slice(0, length)).verdict).not.toBe("verified");
    }),
    { numRuns: 100 },
  );
});

test("any bytes at all are read without a crash, and never verified", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), (bytes, begun) => {
      expect(audited(begun ? concatBytes(SETUP.slice(0, 1024), bytes) : bytes).verdict).not.toBe("verified");
    }),
    { numRuns: 200 },
  );
});

test("an archive of another version is not called false", () => {
  const content = utf8ToBytes(`{"version":2,"timestamp":"${TIMESTAMP}"}`);
  const filling = new Uint8Array(512 - content.length);
  const header = writeHeader({ name: "BELENIOS", size: content.length, timestamp: TIMESTAMP });
  expect(audited(concatBytes(header, content, filling)).verdict).toBe("could not verify");
});

test("data that no event refers to is refused", () => {
  const report = audited(concatBytes(SETUP, writeRecord("data", utf8ToBytes("{}"), TIMESTAMP)));
  expect(failedOf(report)).toEqual(["V1"]);
});

test("another time stamp in one header is refused", () => {
  const report = audited(concatBytes(SETUP, writeRecord("event", utf8ToBytes("{}"), TIMESTAMP + 1)));
  expect(failedOf(report)).toEqual(["V1"]);
});

test("events may come in the order of the page and in no other", () => {
  const page = readFileSync(join(REPOSITORY, "docs/reference/phases.md"), "utf-8");
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) \| `(\w+)` \|$/gm)];
  const allowed = new Map(rows.map(([, phase, kind, next]) => [`${phase} ${kind}`, next]));
  const phases = [...page.matchAll(/^\| `(\w+)` \| [^|`]+ \| [^|`]+ \|$/gm)].map(([, phase]) => phase as Phase);
  expect([rows.length, phases.length]).toEqual([11, 8]);
  for (const phase of phases) {
    for (const kind of EVENT_KINDS) {
      expect(phaseAfter(phase, kind as EventKind)).toBe(allowed.get(`${phase} ${kind}`));
    }
  }
});
