/**
 * The outcome rule: the closed grammar of conditions and quantities (`docs/reference/rules.md`), read and not applied.
 *
 *     condition  {gt: [A, B]} {ge: [A, B]} {all: [C, …]} {any: [C, …]} {not: C}
 *     quantity   "yes" … "eligible", "2/5", {mul: ["2/5", Q]}, {add: [Q, …]}, {regions: {where: C, weight, class}}
 */

import { MalformedError } from "../errors.ts";
import { type Json, readList, readText } from "../protocol/encoding.ts";

export const TOTALS = [
  "yes",
  "no",
  "blank",
  "invalid",
  "valid",
  "ballots",
  "voters",
  "registered",
  "eligible",
] as const;
export type Total = (typeof TOTALS)[number];

/** A fraction in lowest terms; the denominator is positive. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export type Quantity =
  | { readonly kind: "number"; readonly value: Fraction }
  | { readonly kind: "total"; readonly total: Total }
  | { readonly kind: "scaled"; readonly factor: Fraction; readonly of: Quantity }
  | { readonly kind: "sum"; readonly parts: readonly Quantity[] }
  | {
      readonly kind: "regions";
      readonly where: Condition | undefined;
      readonly weighted: boolean;
      readonly class: string;
    };

export type Condition =
  | { readonly kind: "gt" | "ge"; readonly left: Quantity; readonly right: Quantity }
  | { readonly kind: "all" | "any"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition };

export const TIES = ["passes", "fails", "inconclusive"] as const;
export type Tie = (typeof TIES)[number];

export interface Rule {
  /** Whose sum `valid` is; empty where the rule does not name it. */
  readonly valid: readonly Total[];
  /** What its maker says follows from as many yes as no; undefined if that is not said. */
  readonly tie: Tie | undefined;
  /** By their names, in the order in which they are judged. */
  readonly conditions: readonly (readonly ["binding" | "passes" | "fails", Condition])[];
}

const MOST_PARTS = 500;
const DEEPEST = 12;
const FRACTION = /^(0|[1-9][0-9]{0,30})(?:\/([1-9][0-9]{0,30}))?$/;

/**
 * A rule as a definition has it, written out.
 *
 * @throws {MalformedError} If it is none of the grammar.
 */
export function readRule(value: Json, at: string): Rule {
  const fields = objectOf(value, at);
  const reading = new Reading();
  const conditions = (["binding", "passes", "fails"] as const).flatMap((name) => {
    const raw = fields[name];
    return raw === undefined ? [] : [[name, reading.condition(raw, `${at}/${name}`, DEEPEST)] as const];
  });
  if (!conditions.some(([name]) => name !== "binding")) {
    throw new MalformedError("a rule says when the proposal passes, or when it fails", { at });
  }
  const valid = readList(fields["valid"] ?? [], `${at}/valid`).map((part) => readTotal(part, `${at}/valid`));
  return { valid, tie: readTie(fields["tie"], `${at}/tie`), conditions };
}

function readTie(value: Json | undefined, at: string): Tie | undefined {
  const tie = TIES.find((one) => one === value);
  if (tie === undefined && value !== undefined) {
    throw new MalformedError("not what can follow from a tie", { at });
  }
  return tie;
}

/** An object's fields by name. */
export function objectOf(value: Json, at: string): { readonly [name: string]: Json } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MalformedError("not an object", { at });
  }
  return value as { readonly [name: string]: Json };
}

function readTotal(value: Json, at: string): Total {
  const found = TOTALS.find((total) => total === value);
  if (found === undefined) {
    throw new MalformedError("not the name of a total", { at });
  }
  return found;
}

/** A fraction, or a whole number, as text. */
export function readFraction(text: string, at: string): Fraction {
  const [, top, bottom = "1"] = FRACTION.exec(text) ?? [];
  if (top === undefined) {
    throw new MalformedError("not a fraction", { at });
  }
  const [numerator, denominator] = [BigInt(top), BigInt(bottom)];
  const divisor = greatestDivisor(numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

function greatestDivisor(first: bigint, second: bigint): bigint {
  return second === 0n ? first : greatestDivisor(second, first % second);
}

/** Reads conditions, and counts what it has read. */
class Reading {
  #left = MOST_PARTS;

  condition(value: Json, at: string, depth: number): Condition {
    const [name, inner, place] = this.#only(value, at, depth);
    switch (name) {
      case "gt":
      case "ge": {
        const [left, right] = readList(inner, place, 2);
        return {
          kind: name,
          left: this.quantity(left ?? null, `${place}/0`, depth - 1),
          right: this.quantity(right ?? null, `${place}/1`, depth - 1),
        };
      }
      case "all":
      case "any": {
        const parts = readList(inner, place).map((part, index) => this.condition(part, `${place}/${index}`, depth - 1));
        if (parts.length === 0) {
          throw new MalformedError("a list without a condition", { at: place });
        }
        return { kind: name, parts };
      }
      case "not":
        return { kind: "not", part: this.condition(inner, place, depth - 1) };
      default:
        throw new MalformedError("not a condition", { at });
    }
  }

  quantity(value: Json, at: string, depth: number): Quantity {
    if (typeof value === "string") {
      this.#count(at, depth);
      const total = TOTALS.find((one) => one === value);
      return total === undefined ? { kind: "number", value: readFraction(value, at) } : { kind: "total", total };
    }
    const [name, inner, place] = this.#only(value, at, depth);
    if (name === "mul") {
      const [factor, of] = readList(inner, place, 2);
      return {
        kind: "scaled",
        factor: readFraction(readText(factor ?? null, `${place}/0`), `${place}/0`),
        of: this.quantity(of ?? null, `${place}/1`, depth - 1),
      };
    }
    if (name === "add") {
      const parts = readList(inner, place).map((part, index) => this.quantity(part, `${place}/${index}`, depth - 1));
      if (parts.length === 0) {
        throw new MalformedError("a sum of nothing", { at: place });
      }
      return { kind: "sum", parts };
    }
    if (name === "regions") {
      return this.#regions(inner, place, depth);
    }
    throw new MalformedError("not a quantity", { at });
  }

  #regions(value: Json, at: string, depth: number): Quantity {
    const { where, weight = false, class: kind = "", ...others } = objectOf(value, at);
    if (Object.keys(others).length > 0 || typeof weight !== "boolean" || typeof kind !== "string") {
      throw new MalformedError("not a count of regions", { at });
    }
    const inner = where === undefined ? undefined : this.condition(where, `${at}/where`, depth - 1);
    return { kind: "regions", where: inner, weighted: weight, class: kind };
  }

  #only(value: Json, at: string, depth: number): readonly [string, Json, string] {
    this.#count(at, depth);
    const [entry, ...others] = Object.entries(objectOf(value, at));
    if (entry === undefined || others.length > 0) {
      throw new MalformedError("not one name with what belongs to it", { at });
    }
    return [entry[0], entry[1], `${at}/${entry[0]}`];
  }

  #count(at: string, depth: number): void {
    this.#left -= 1;
    if (this.#left < 0 || depth <= 0) {
      throw new MalformedError("a condition that is too large, or too deep", { at });
    }
  }
}
