/**
 * Cyclic groups in which discrete logarithms are hard (specification §1, §5), in multiplicative notation.
 *
 * An `Element` is a member of the group of prime order by construction: `decode` checks it.
 */

import { MalformedError } from "../errors.ts";
import { ED25519 } from "./groups/ed25519.ts";
import { BELENIOS_2048, RFC_3526_2048 } from "./groups/modp.ts";

/** A source of random bytes; the only one that this code has. */
export type Random = (length: number) => Uint8Array;

/** A member of the group of prime order. */
export interface Element {
  /** Its one encoding. */
  readonly text: string;
  readonly isIdentity: boolean;
  times(other: Element): Element;
  over(other: Element): Element;
  equals(other: Element): boolean;
  /** Public exponents only: variable time. */
  power(exponent: bigint): Element;
  /** For secret exponents, as little dependent on them as the arithmetic below allows. */
  secretPower(exponent: bigint): Element;
  /** The same element, prepared for many powers. */
  prepared(): Element;
}

/** A group with its generator. */
export interface Group {
  readonly name: string;
  /** The prime order, q. */
  readonly order: bigint;
  /** The generator, g; prepared. */
  readonly generator: Element;
  readonly identity: Element;
  /**
   * An element that an honest party can have made: never the identity.
   *
   * @throws {MalformedError} If the text is not the one encoding of such a member.
   */
  decode(text: string, at: string): Element;
  /** Like `decode`, and the identity as well: a sum of no ballots is one. */
  decodeSum(text: string, at: string): Element;
}

const GROUPS: readonly Group[] = [ED25519, BELENIOS_2048, RFC_3526_2048];

/**
 * The group that an election names; version 1 of the protocol has these three.
 *
 * @throws {MalformedError} If it is none of them.
 */
export function groupOf(name: string, at: string): Group {
  const group = GROUPS.find((known) => known.name === name);
  if (group === undefined) {
    throw new MalformedError("none of the three groups", { at });
  }
  return group;
}

/** A number modulo q, never negative. */
export function reduce(number: bigint, group: Group): bigint {
  const rest = number % group.order;
  return rest < 0n ? rest + group.order : rest;
}

/** Big-endian bytes as a number. */
export function numberOf(bytes: Uint8Array): bigint {
  let number = 0n;
  for (const byte of bytes) {
    number = (number << 8n) | BigInt(byte);
  }
  return number;
}

/** > pick a random w ∈ Zq: uniform, by rejection. */
export function randomScalar(group: Group, random: Random): bigint {
  const bits = group.order.toString(2).length;
  const length = Math.ceil(bits / 8);
  const surplus = BigInt(8 * length - bits);
  for (;;) {
    const candidate = numberOf(random(length)) >> surplus;
    if (candidate < group.order) {
      return candidate;
    }
  }
}
