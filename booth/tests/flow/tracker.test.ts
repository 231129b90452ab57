import fc from "fast-check";
import { expect, it } from "vitest";
import { encodeBase64 } from "../../src/base64.ts";
import { readTracker, trackerOf } from "../../src/flow/tracker.ts";

const fingerprints = fc.uint8Array({ minLength: 32, maxLength: 32 });
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

it("A tracker is read in each of its three forms.", () => {
  fc.assert(
    fc.property(fingerprints, (bytes) => {
      const tracker = trackerOf(bytes);
      expect(tracker).toMatch(/^([A-Z2-7]{4}-){12}[A-Z2-7]{4}$/);
      for (const form of [tracker, tracker.toLowerCase(), tracker.replaceAll("-", " "), hex(bytes)]) {
        expect(readTracker(form)).toEqual(bytes);
      }
      expect(readTracker(encodeBase64(bytes, false))).toEqual(bytes);
    }),
  );
});

it("What is no tracker is not taken for one.", () => {
  expect(readTracker("")).toBeUndefined();
  expect(readTracker("AAAA-AAAA")).toBeUndefined();
  expect(readTracker(`${"A".repeat(51)}B`)).toBeUndefined();
});

it("A tracker is the one that the command line shows.", () => {
  // psephos.roles.voter.tracker(b"ballot")
  const fingerprint = "22732000cdd4b3328093968d1e030eb2fa8c128da367113a6bfc55d91f98c5c1";
  const tracker = "EJZS-AAGN-2SZT-FAET-S2GR-4AYO-WL5I-YEUN-UNTR-COTL-7RK5-SH4Y-YXAQ";
  expect(trackerOf(Buffer.from(fingerprint, "hex"))).toBe(tracker);
  expect(readTracker("InMgAM3UszKAk5aNHgMOsvqMEo2jZxE6a/xV2R+YxcE")).toEqual(readTracker(fingerprint));
});
