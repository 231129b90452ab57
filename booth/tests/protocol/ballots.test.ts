/** Ballots: the same bytes as the oracle's, accepted when right, refused when changed. */

import { utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PsephosError, RuleError } from "../../src/errors.ts";
import { readBallot, verifyProofs, verifySignature } from "../../src/protocol/ballot.ts";
import { encryptBallot, signBallot } from "../../src/protocol/casting.ts";
import { deriveCredential } from "../../src/protocol/credentials.ts";
import { type Election, readElection } from "../../src/protocol/election.ts";
import type { Random } from "../../src/protocol/group.ts";
import { scripted, seeded } from "../support/random.ts";
import { jsonOf } from "../support/vectors.ts";

interface Case {
  readonly name: string;
  readonly election: string;
  readonly credential: string;
  readonly plaintexts: readonly (readonly number[])[];
  readonly scalars: readonly string[];
  readonly commitment: string;
  readonly ballot: string;
}

const { cases } = jsonOf<{ cases: Case[] }>("protocol", "ballots.json");
const CASES = cases.map((one) => ({ ...one, election: readElection(utf8ToBytes(one.election)) }));
const [YES] = CASES as [(typeof CASES)[number], ...typeof CASES];

function cast(election: Election, plaintexts: readonly (readonly number[])[], random: Random): Uint8Array {
  const credential = deriveCredential(YES.credential, election.uuid, election.group);
  const encrypted = encryptBallot(election, credential.public, { plaintexts, random });
  return signBallot(encrypted, { election, credential, random });
}

function verify(bytes: Uint8Array, election: Election): void {
  const ballot = readBallot(bytes, election);
  verifySignature(ballot, election);
  verifyProofs(ballot, election);
}

test.each(CASES)(
  "$name: the same scalars give the same bytes",
  ({ election, plaintexts, scalars, ballot, credential }) => {
    const random = scripted(election.group, scalars);
    expect(new TextDecoder().decode(cast(election, plaintexts, random))).toBe(ballot);
    expect(credential).toBe(YES.credential);
    expect(() => random(32)).toThrow("more scalars");
  },
);

test.each(CASES)(
  "$name: the commitment is the hash that is signed",
  ({ election, plaintexts, scalars, commitment }) => {
    const credential = deriveCredential(YES.credential, election.uuid, election.group);
    const random = scripted(election.group, scalars);
    expect(encryptBallot(election, credential.public, { plaintexts, random }).commitment).toBe(commitment);
  },
);

test.each(CASES)("$name: the ballot is accepted", ({ election, ballot }) => {
  expect(() => verify(utf8ToBytes(ballot), election)).not.toThrow();
});

test.each(CASES.filter(({ election }) => election.group.name === "Ed25519"))(
  "$name: changed by one character, the ballot is refused",
  ({ election, ballot }) => {
    fc.assert(
      fc.property(fc.nat(ballot.length - 1), fc.constantFrom(...'0123456789abcdefA" ,'), (at, character) => {
        fc.pre(ballot.charAt(at) !== character);
        const changed = ballot.slice(0, at) + character + ballot.slice(at + 1);
        expect(() => verify(utf8ToBytes(changed), election)).toThrow(PsephosError);
      }),
      { numRuns: 40 },
    );
  },
);

describe("every choice that a question allows", () => {
  test.each(CASES.slice(0, 5))("of $name makes a ballot that is accepted; every other is refused", ({ election }) => {
    const question = election.questions[0];
    const others = election.questions.slice(1).map(({ length }) => [1, ...Array(length - 1).fill(0)] as number[]);
    for (let bits = 0; bits < 1 << (question?.length ?? 0); bits++) {
      const plaintext = Array.from({ length: question?.length ?? 0 }, (_, index) => (bits >> index) & 1);
      const [blank, chosen] = question?.blank ? [plaintext[0] === 1, plaintext.slice(1)] : [false, plaintext];
      const sum = chosen.reduce((total, choice) => total + choice, 0);
      const allowed = blank ? sum === 0 : sum >= (question?.min ?? 0) && sum <= (question?.max ?? 0);
      const attempt = (): Uint8Array => cast(election, [plaintext, ...others], seeded(`choice ${bits}`));
      if (allowed) {
        verify(attempt(), election);
      } else {
        expect(attempt).toThrow(RuleError);
      }
    }
  });
});

test("a choice that is not 0 or 1 is refused, and the message does not tell it", () => {
  for (const plaintext of [
    [2, -1, 0],
    [1, 0],
    [0.5, 0.5, 0],
    [1, 0, 0, 0],
  ]) {
    expect(() => cast(YES.election, [plaintext], seeded("wrong"))).toThrow("the question does not allow this choice");
  }
});

test("a ballot encrypted for another credential is not signed", () => {
  const { election } = YES;
  const own = deriveCredential(YES.credential, election.uuid, election.group);
  const other = deriveCredential("11111-222222-33333-444444", election.uuid, election.group);
  const encrypted = encryptBallot(election, other.public, { plaintexts: YES.plaintexts, random: seeded("other") });
  expect(() => signBallot(encrypted, { election, credential: own, random: seeded("sign") })).toThrow(RuleError);
});

test("answers moved from another voter's ballot do not hold", () => {
  const { election } = YES;
  const thief = deriveCredential("11111-222222-33333-444444", election.uuid, election.group);
  const { answers } = JSON.parse(YES.ballot) as { answers: never };
  const own = encryptBallot(election, thief.public, { plaintexts: YES.plaintexts, random: seeded("thief") });
  const stolen = { ...own, fields: { ...own.fields, answers } };
  const ballot = readBallot(signBallot(stolen, { election, credential: thief, random: seeded("sign") }), election);
  expect(() => verifyProofs(ballot, election)).toThrow("not proved to be 0 or 1");
});
