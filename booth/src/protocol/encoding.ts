/**
 * Values as text, in one form each (specification §4.1-4.3).
 *
 * What is hashed is text, so two texts of one value would be two things. Bytes are read only if they are
 * what the value is written as: compact JSON, fields in the specification's order and no others,
 * numbers without leading zeros and below the order of the group.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64, encodeBase64 } from "../base64.ts";
import { MalformedError } from "../errors.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const DECIMAL = /^(?:0|[1-9][0-9]*)$/;
const HASH = /^[0-9a-f]{64}$/;
const MAXIMAL_DIGITS = 620;
const HASH_SIZE = 32;

/** SHA-256 as 64 hexadecimal digits: how events and data are named (§4.2). */
export function sha256Hex(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

/** > HJSON(J) = BASE64(SHA256(J)), without padding (§4.15). */
export function sha256Base64(bytes: Uint8Array): string {
  return encodeBase64(sha256(bytes), false);
}

/** A hash as ballots have it: base64 of 32 bytes, without padding. */
export function readBase64Hash(value: Json, at: string): string {
  const text = readText(value, at);
  if (decodeBase64(`${text}=`)?.length !== HASH_SIZE) {
    throw new MalformedError("not a hash of 43 characters of base64", { at });
  }
  return text;
}

/** A value in its one form. */
export function writeJson(value: Json): Uint8Array {
  return utf8ToBytes(JSON.stringify(value));
}

/**
 * Read JSON, and refuse whatever is not its one form: blanks, doubled fields, other escapes, other numbers.
 *
 * @throws {MalformedError} If the value would be written with other bytes.
 */
export function readJson(bytes: Uint8Array, what: string): Json {
  let text: string;
  let value: Json;
  try {
    text = UTF8.decode(bytes);
    value = JSON.parse(text) as Json;
  } catch {
    throw new MalformedError(`${what}: not JSON in UTF-8`);
  }
  // A lone surrogate has a form in JSON and none in UTF-8.
  if (JSON.stringify(value) !== text || /\\ud[89a-f]/i.test(text.replaceAll("\\\\", ""))) {
    throw new MalformedError(`${what}: not in its one form`);
  }
  return value;
}

/** The fields of an object, each with its place. */
export class Fields {
  readonly at: string;
  readonly #values: ReadonlyMap<string, Json>;

  constructor(values: ReadonlyMap<string, Json>, at: string) {
    this.#values = values;
    this.at = at;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  place(name: string): string {
    return `${this.at}/${name}`;
  }

  value(name: string): Json {
    const value = this.#values.get(name);
    if (value === undefined) {
      throw new MalformedError("a field is missing", { at: this.place(name) });
    }
    return value;
  }

  text(name: string): string {
    return readText(this.value(name), this.place(name));
  }

  count(name: string): number {
    return readCount(this.value(name), this.place(name));
  }

  hash(name: string): string {
    return readHash(this.value(name), this.place(name));
  }

  list(name: string): readonly Json[] {
    return readList(this.value(name), this.place(name));
  }
}

/**
 * An object with these fields in this order and no others; `?` before a name: may be left out.
 *
 * @throws {MalformedError} If it is not.
 */
export function readFields(value: Json, at: string, names: readonly string[]): Fields {
  if (typeof value !== "object" || value === null || isList(value)) {
    throw new MalformedError("not an object", { at });
  }
  const found = Object.keys(value);
  const expected = names
    .map((name) => (name.startsWith("?") ? name.slice(1) : name))
    .filter((name, index) => !names[index]?.startsWith("?") || Object.hasOwn(value, name));
  if (found.length !== expected.length || found.some((name, index) => name !== expected[index])) {
    throw new MalformedError(`not the fields ${expected.join(", ")} in this order`, { at });
  }
  return new Fields(new Map(Object.entries(value)), at);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** A list, of that many items if `length` is given. */
export function readList(value: Json, at: string, length?: number): readonly Json[] {
  if (!isList(value)) {
    throw new MalformedError("not a list", { at });
  }
  if (length !== undefined && value.length !== length) {
    throw new MalformedError(`a list of ${value.length}, not of ${length}`, { at });
  }
  return value;
}

export function readText(value: Json, at: string): string {
  if (typeof value !== "string") {
    throw new MalformedError("not a text", { at });
  }
  return value;
}

/** > I: small integer, encoded as a JSON number (§4.2); here never negative. */
export function readCount(value: Json, at: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new MalformedError("not a number", { at });
  }
  return value;
}

/** > H: hash (typically SHA256), written in hexadecimal (§4.2). */
export function readHash(value: Json, at: string): string {
  const text = readText(value, at);
  if (!HASH.test(text)) {
    throw new MalformedError("not a hash of 64 hexadecimal digits", { at });
  }
  return text;
}

/** > N, Zq: big integer, written in base 10 and encoded as a JSON string (§4.2); below `bound`. */
export function readInteger(value: Json, at: string, bound: bigint): bigint {
  const text = readText(value, at);
  const number = text.length <= MAXIMAL_DIGITS && DECIMAL.test(text) ? BigInt(text) : undefined;
  if (number === undefined || number >= bound) {
    throw new MalformedError("not the one decimal form of a number in range", { at });
  }
  return number;
}

const LARGEST_PLAIN_WEIGHT = (1n << 30n) - 1n;

/** A weight or a sum of weights: a JSON number up to 2³⁰ − 1, and a text beyond (Belenios 3.3). */
export function readWeight(value: Json, at: string): bigint {
  if (typeof value === "string") {
    const weight = readInteger(value, at, 1n << 256n);
    if (weight > LARGEST_PLAIN_WEIGHT) {
      return weight;
    }
  } else {
    const weight = BigInt(readCount(value, at));
    if (weight <= LARGEST_PLAIN_WEIGHT) {
      return weight;
    }
  }
  throw new MalformedError("not the one form of a weight", { at });
}
