import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Box, type Choices } from "../../src/flow/box.ts";
import { checkChallenge } from "../../src/flow/challenge.ts";
import { readBallot, verifyProofs, verifySignature } from "../../src/protocol/ballot.ts";
import { readElection } from "../../src/protocol/election.ts";
import { type Json, readJson, writeJson } from "../../src/protocol/encoding.ts";
import { CREDENTIAL, ELECTION, electionOf, random } from "../support/election.ts";

const OTHER = "bbcde-FGHJKL-mnopq-23456Z";
const CHOICES: Choices = [
  [0, 1, 0],
  [0, 1, 0, 1],
];

function entered(): Box {
  const box = new Box(ELECTION, random);
  box.enter([CREDENTIAL]);
  return box;
}

describe("the box", () => {
  it("signs what it encrypted: a ballot of the election, with the commitment that was shown", () => {
    const box = entered();
    const commitment = box.encrypt(CHOICES);
    const election = readElection(ELECTION);
    const ballot = readBallot(box.cast(), election);
    expect(ballot.signature.hash).toBe(commitment);
    verifySignature(ballot, election);
    verifyProofs(ballot, election);
  });

  it("opens what it encrypted, and the opening shows the choice", () => {
    const box = entered();
    const commitment = box.encrypt(CHOICES);
    const checked = checkChallenge(box.open());
    expect(checked.commitment).toBe(commitment);
    expect(checked.chosen).toEqual([[1], [0, 2]]);
    expect(checked.credential).toBe(entered().enter([CREDENTIAL]));
  });

  it("adds the secrets of two halves, in any order", () => {
    const box = new Box(ELECTION, random);
    const together = box.enter([CREDENTIAL, OTHER]);
    expect(box.enter([OTHER, CREDENTIAL])).toBe(together);
    expect(box.enter([CREDENTIAL])).not.toBe(together);
    expect(() => box.enter([CREDENTIAL, CREDENTIAL])).toThrow("the same");
  });

  it("under any commands signs or opens each ballot once, and never both", () => {
    const commands = fc.constantFrom("enter", "encrypt", "cast", "open", "forget");
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 12 }), (sequence) => {
        const box = new Box(ELECTION, random);
        let [credential, ballot] = [false, false];
        for (const command of sequence) {
          if (command === "enter") {
            box.enter([CREDENTIAL]);
            [credential, ballot] = [true, false];
          } else if (command === "forget") {
            box.forget();
            [credential, ballot] = [false, false];
          } else if (command === "encrypt") {
            if (credential) {
              box.encrypt(CHOICES);
              ballot = true;
            } else {
              expect(() => box.encrypt(CHOICES)).toThrow();
            }
          } else if (ballot) {
            box[command]();
            ballot = false;
            credential &&= command === "open";
          } else {
            expect(() => box[command]()).toThrow();
          }
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

describe("a challenge", () => {
  const changed = (change: (fields: Record<string, Json>) => void): Uint8Array => {
    const box = entered();
    box.encrypt(CHOICES);
    const fields = { ...(readJson(box.open(), "challenge") as Record<string, Json>) };
    change(fields);
    return writeJson(fields);
  };

  it("with another choice than the one in the ballot is refused", () => {
    const file = changed((fields) => {
      fields["choice"] = [
        [1, 0, 0],
        [0, 1, 0, 1],
      ];
    });
    expect(() => checkChallenge(file)).toThrow("does not hold the choice");
  });

  it("of another election is refused", () => {
    const file = changed((fields) => {
      fields["election"] = new TextDecoder().decode(electionOf("Another vote"));
    });
    expect(() => checkChallenge(file)).toThrow("another election");
  });

  it("with more answers than the question allows is refused", () => {
    const box = entered();
    expect(() => box.encrypt([[1, 1, 0], CHOICES[1] ?? []])).toThrow("does not allow");
    const file = changed((fields) => {
      fields["choice"] = [[0, 1, 0]];
    });
    expect(() => checkChallenge(file)).toThrow("a list of 1");
  });

  it("that is something else is refused", () => {
    expect(() => checkChallenge(new Uint8Array())).toThrow();
    expect(() => checkChallenge(writeJson({ format: "psephos/challenge/2" }))).toThrow();
  });
});
