/** Groups: their laws, their encodings, and the worked examples. */

import { utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../../src/errors.ts";
import { deriveCredential } from "../../src/protocol/credentials.ts";
import { sha256Base64 } from "../../src/protocol/encoding.ts";
import { groupOf, numberOf, randomScalar } from "../../src/protocol/group.ts";
import { challengeOf } from "../../src/protocol/transcript.ts";
import { seeded } from "../support/random.ts";
import { jsonOf } from "../support/vectors.ts";

interface Known {
  readonly group: { readonly g: string; readonly one: string; readonly order2: string; readonly q: string };
  readonly uuid: string;
  readonly credential: { readonly private: string; readonly secret_scalar: string; readonly public: string };
  readonly fiat_shamir: readonly {
    readonly name: string;
    readonly hash_input: string;
    readonly challenge_sum: string;
  }[];
}

const KNOWN = jsonOf<Known>("protocol", "kat-ed25519-v1.json");
const ED25519 = groupOf("Ed25519", "");
const NAMES = ["Ed25519", "BELENIOS-2048", "RFC-3526-2048"];

describe.each(NAMES)("the group %s", (name) => {
  const group = groupOf(name, "");
  const scalar = fc.string({ maxLength: 8 }).map((seed) => randomScalar(group, seeded(seed)));
  const numRuns = name === "Ed25519" ? 20 : 5;

  test("exponents add, prepared or not, secret or not", () => {
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        const base = group.generator.power(a);
        const sum = group.generator.secretPower((a + b) % group.order);
        expect(base.times(group.generator.power(b)).text).toBe(sum.text);
        expect(base.prepared().power(b).text).toBe(base.secretPower(b).text);
        expect(sum.over(base).equals(group.generator.power(b))).toBe(true);
      }),
      { numRuns },
    );
  });

  test("an element is read back from its text, which is its only one", () => {
    fc.assert(
      fc.property(scalar, (a) => {
        const element = group.generator.power(a);
        fc.pre(!element.isIdentity);
        expect(group.decode(element.text, "").equals(element)).toBe(true);
        for (const wrong of [`0${element.text}`, ` ${element.text}`, `${element.text}\n`, `+${element.text}`, ""]) {
          expect(() => group.decode(wrong, "/x")).toThrow(MalformedError);
        }
      }),
      { numRuns },
    );
  });

  test("the edges of the exponents", () => {
    const { generator, identity, order } = group;
    for (const power of [(x: bigint) => generator.power(x), (x: bigint) => generator.secretPower(x)]) {
      expect(power(0n).equals(identity)).toBe(true);
      expect(power(1n).equals(generator)).toBe(true);
      expect(
        power(order - 1n)
          .times(generator)
          .equals(identity),
      ).toBe(true);
    }
    expect(identity.secretPower(5n).equals(identity)).toBe(true);
    expect(identity.power(5n).equals(identity)).toBe(true);
  });

  test("the identity is read where a sum may be one, and nowhere else", () => {
    expect(group.decodeSum(group.identity.text, "").isIdentity).toBe(true);
    expect(() => group.decode(group.identity.text, "/x")).toThrow("the identity");
  });

  test("scalars are below the order and use all of it", () => {
    const drawn = Array.from({ length: 200 }, (_, index) => randomScalar(group, seeded(`scalar ${index}`)));
    expect(drawn.every((one) => one >= 0n && one < group.order)).toBe(true);
    expect(drawn.some((one) => one > (group.order * 3n) / 4n)).toBe(true);
    expect(randomScalar(group, (length) => new Uint8Array(length))).toBe(0n);
  });
});

test("elements of two groups do not mix", () => {
  const [one, other] = NAMES.slice(1).map((name) => groupOf(name, "").generator);
  expect(() => one?.times(other ?? one)).toThrow(TypeError);
  expect(() => ED25519.generator.times(one ?? ED25519.generator)).toThrow(TypeError);
});

test("the worked example's generator, order and unit", () => {
  expect(ED25519.generator.text).toBe(KNOWN.group.g);
  expect(ED25519.identity.text).toBe(KNOWN.group.one);
  expect(ED25519.order.toString()).toBe(KNOWN.group.q);
});

test.each([
  ["a point of order two", KNOWN.group.order2],
  ["upper case", KNOWN.group.g.replace("8", "A")],
  ["y + p", (2n ** 255n - 18n).toString(16)],
  ["a negative zero", `8${KNOWN.group.one.slice(1)}`],
  ["no point", `${"0".repeat(63)}2`],
])("%s is no element of Ed25519", (_, text) => {
  expect(() => ED25519.decodeSum(text, "/x")).toThrow(MalformedError);
});

test.each(["0", "2x", "-1", "1e3", "9".repeat(618), "2"])("%s is no element of BELENIOS-2048", (text) => {
  expect(() => groupOf("BELENIOS-2048", "").decodeSum(text, "/x")).toThrow(MalformedError);
});

test("an element and p minus it are not both in RFC-3526-2048", () => {
  const group = groupOf("RFC-3526-2048", "");
  const negative = 2n * group.order + 1n - 2n;
  expect(() => group.decode(negative.toString(), "/x")).toThrow("not an element of the group of prime order");
});

test("a group that version 1 does not have is malformed", () => {
  expect(() => groupOf("P-256", "/group")).toThrow(MalformedError);
});

test("the worked example's credential", () => {
  const { secret, public: shown } = deriveCredential(KNOWN.credential.private, KNOWN.uuid, ED25519);
  expect([secret.toString(), shown.text]).toEqual([KNOWN.credential.secret_scalar, KNOWN.credential.public]);
});

test("a credential of another form is refused, and the message does not tell it", () => {
  const text = KNOWN.credential.private.replaceAll("-", "");
  const attempt = (): unknown => deriveCredential(text, KNOWN.uuid, ED25519);
  expect(attempt).toThrow(MalformedError);
  expect(attempt).not.toThrow(text.slice(0, 5));
});

test.each(KNOWN.fiat_shamir)("the worked example's challenge of $name", ({ hash_input, challenge_sum }) => {
  const cut = hash_input.lastIndexOf("|") + 1;
  const commitments = hash_input
    .slice(cut)
    .split(",")
    .map((text) => ED25519.decode(text, ""));
  expect(challengeOf(ED25519, hash_input.slice(0, cut), commitments).toString()).toBe(challenge_sum);
});

test("the election's fingerprint is base64 without padding", () => {
  expect(sha256Base64(utf8ToBytes(""))).toBe("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU");
  expect(numberOf(Uint8Array.of(1, 0))).toBe(256n);
});
