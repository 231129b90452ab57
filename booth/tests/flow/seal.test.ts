import { expect, it } from "vitest";
import { MismatchError, PsephosError } from "../../src/errors.ts";
import { Box } from "../../src/flow/box.ts";
import { sealOf } from "../../src/flow/seal.ts";
import { readElection } from "../../src/protocol/election.ts";
import { CREDENTIAL, ELECTION, random } from "../support/election.ts";

const election = readElection(ELECTION);

/** A ballot and the seal that was shown of it. */
function cast(): { readonly seal: string; readonly ballot: Uint8Array } {
  const box = new Box(ELECTION, random);
  box.enter([CREDENTIAL]);
  const seal = box.encrypt([
    [0, 1, 0],
    [0, 1, 0, 1],
  ]);
  return { seal, ballot: box.cast() };
}

it("the seal of a ballot is the one that was shown", () => {
  const { seal, ballot } = cast();
  expect(sealOf(ballot, election)).toBe(seal);
  expect(sealOf(ballot, election, seal)).toBe(seal);
});

it("a ballot with another seal than was shown is refused", () => {
  const { ballot } = cast();
  expect(() => sealOf(ballot, election, cast().seal)).toThrow(MismatchError);
  expect(() => sealOf(ballot, election, "")).toThrow(MismatchError);
});

it("the seal is not taken from a ballot whose signature does not hold", () => {
  const [first, second] = [cast(), cast()];
  const text = new TextDecoder().decode(first.ballot).replace(first.seal, second.seal);
  expect(() => sealOf(new TextEncoder().encode(text), election)).toThrow(PsephosError);
});
