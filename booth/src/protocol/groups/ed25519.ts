/**
 * The group Ed25519, as Belenios has had it since 2.1.
 *
 * > 64 lower-case hex digits of the integer z = y XOR (lsb(x) << 255): RFC 8032's encoding, byte-reversed.
 */

import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { MalformedError } from "../../errors.ts";
import type { Element, Group } from "../group.ts";

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;

const ENCODING = /^[0-9a-f]{64}$/;
const WINDOW = 8;

class CurveElement implements Element {
  readonly point: Point;
  #text: string | undefined;

  constructor(point: Point, text?: string) {
    this.point = point;
    this.#text = text;
  }

  get text(): string {
    this.#text ??= bytesToHex(this.point.toBytes().reverse());
    return this.#text;
  }

  get isIdentity(): boolean {
    return this.point.is0();
  }

  times(other: Element): Element {
    return new CurveElement(this.point.add(pointOf(other)));
  }

  over(other: Element): Element {
    return new CurveElement(this.point.subtract(pointOf(other)));
  }

  equals(other: Element): boolean {
    return this.point.equals(pointOf(other));
  }

  power(exponent: bigint): Element {
    return new CurveElement(this.point.multiplyUnsafe(exponent));
  }

  secretPower(exponent: bigint): Element {
    // The library refuses zero, which a random exponent is with probability 2⁻²⁵².
    return exponent === 0n || this.isIdentity ? IDENTITY : new CurveElement(this.point.multiply(exponent));
  }

  prepared(): Element {
    return new CurveElement(this.point.precompute(WINDOW), this.#text);
  }
}

function pointOf(element: Element): Point {
  if (!(element instanceof CurveElement)) {
    throw new TypeError("elements of two groups");
  }
  return element.point;
}

const IDENTITY = new CurveElement(Point.ZERO);

function decodeSum(text: string, at: string): Element {
  if (!ENCODING.test(text)) {
    throw new MalformedError("not an element of Ed25519: 64 lower-case hexadecimal digits", { at });
  }
  let point: Point;
  try {
    // Refuses coordinates of p or more, and the sign of an x that is zero.
    point = Point.fromBytes(hexToBytes(text).reverse());
  } catch {
    throw new MalformedError("not an element of Ed25519: no point has this encoding", { at });
  }
  if (!point.isTorsionFree()) {
    throw new MalformedError("not an element of the group of prime order", { at });
  }
  return new CurveElement(point, text);
}

export const ED25519: Group = {
  name: "Ed25519",
  order: Point.Fn.ORDER,
  generator: new CurveElement(Point.BASE),
  identity: IDENTITY,
  decode(text: string, at: string): Element {
    const element = decodeSum(text, at);
    if (element.isIdentity) {
      throw new MalformedError("the identity, which no honest party can have made", { at });
    }
    return element;
  },
  decodeSum,
};
