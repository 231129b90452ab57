/**
 * Rules in words, in the very words of the reports: they come with the Python package, as data.
 */

import ar from "../../../src/psephos/referendum/data/words.ar.json" with { type: "json" };
import ckb from "../../../src/psephos/referendum/data/words.ckb.json" with { type: "json" };
import en from "../../../src/psephos/referendum/data/words.en.json" with { type: "json" };
import fa from "../../../src/psephos/referendum/data/words.fa.json" with { type: "json" };
import fr from "../../../src/psephos/referendum/data/words.fr.json" with { type: "json" };
import type { Condition, Fraction, Quantity, Rule } from "../referendum/rule.ts";

type Words = Pick<typeof en, "digits" | "group" | "mixed" | "totals" | "results" | "phrases">;
type Phrase = keyof typeof en.phrases;

const WORDS: { readonly [code: string]: Words } = { ar, ckb, en, fa, fr };
const OPENING = { binding: "binds_if", passes: "passes_if", fails: "fails_if" } as const;

/** A rule in a language, a sentence a line. */
export function ruleInWords(rule: Rule, language: string): readonly string[] {
  const speaking = new Speaking(WORDS[language] ?? en);
  const lines = rule.conditions.map(([name, condition]) =>
    speaking.say(OPENING[name], { condition: speaking.condition(condition) }),
  );
  const names = rule.conditions.map(([name]) => name);
  const closing = !names.includes("fails") ? "else_fails" : names.includes("passes") ? "else_nothing" : "else_passes";
  const valid = rule.valid.map((total) => speaking.total(total));
  return [
    ...lines,
    speaking.say(closing),
    ...(valid.length === 0 ? [] : [speaking.say("valid_means", { parts: speaking.join(valid, "plus") })]),
    ...(rule.tie === undefined ? [] : [speaking.say("tie_is", { result: speaking.result(rule.tie) })]),
  ];
}

class Speaking {
  readonly #words: Words;

  constructor(words: Words) {
    this.#words = words;
  }

  say(phrase: Phrase, slots: { readonly [name: string]: string } = {}): string {
    return this.#words.phrases[phrase].replace(/\{(\w*)\}/g, (_, name: string) => slots[name] ?? "");
  }

  total(name: keyof typeof en.totals): string {
    return this.#words.totals[name];
  }

  result(name: keyof typeof en.results): string {
    return this.#words.results[name];
  }

  join([first = "", ...rest]: readonly string[], link: "and" | "or" | "plus"): string {
    return rest.reduce((before, second) => this.say(link, { first: before, second }), first);
  }

  condition(condition: Condition): string {
    if ("left" in condition) {
      return this.say(condition.kind, { left: this.quantity(condition.left), right: this.quantity(condition.right) });
    }
    if (condition.kind === "not") {
      return this.say("not", { part: this.condition(condition.part) });
    }
    const parts = condition.parts.map((part) => this.condition(part));
    const link = condition.kind === "all" ? "and" : "or";
    return parts.length === 1 ? (parts[0] ?? "") : this.say(condition.kind, { parts: this.join(parts, link) });
  }

  quantity(quantity: Quantity): string {
    switch (quantity.kind) {
      case "number":
        return this.number(quantity.value);
      case "total":
        return this.total(quantity.total);
      case "scaled":
        return this.say("share", { share: this.share(quantity.factor), of: this.quantity(quantity.of) });
      case "sum":
        return this.join(
          quantity.parts.map((part) => this.quantity(part)),
          "plus",
        );
      case "regions": {
        const { where, weighted, class: kind } = quantity;
        const regions = kind === "" ? this.say("regions") : this.say("regions_of_class", { class: kind });
        if (where === undefined) {
          return this.say(weighted ? "all_weights" : "all_regions", { regions });
        }
        return this.say(weighted ? "weights_where" : "regions_where", { regions, condition: this.condition(where) });
      }
    }
  }

  /** Whole part in groups of three digits, and the fraction that is left. */
  number({ numerator, denominator }: Fraction): string {
    const [whole, rest] = [numerator / denominator, numerator % denominator];
    const grouped = whole.toString().replace(/\B(?=(\d{3})+$)/g, this.#words.group);
    const parts = [
      ...(rest !== 0n && whole === 0n ? [] : [grouped]),
      ...(rest === 0n ? [] : [`${rest}/${denominator}`]),
    ];
    return parts.join(this.#words.mixed).replace(/[0-9]/g, (digit) => this.#words.digits[Number(digit)] ?? digit);
  }

  /** A share, with its percentage where that is a whole number. */
  share(value: Fraction): string {
    const text = this.number(value);
    const hundredfold = value.numerator * 100n;
    if (hundredfold % value.denominator !== 0n) {
      return text;
    }
    const percent = this.number({ numerator: hundredfold / value.denominator, denominator: 1n });
    return this.say("percent", { share: text, percent });
  }
}
