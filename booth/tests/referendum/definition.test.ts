/** The shared vectors about what voters are shown: definitions read, rules in words; and what is refused. */

import { describe, expect, it, test } from "vitest";
import { MalformedError, MismatchError } from "../../src/errors.ts";
import type { Question } from "../../src/protocol/election.ts";
import type { Json } from "../../src/protocol/encoding.ts";
import {
  checkAsked,
  type Definition,
  definitionIn,
  inEveryLanguage,
  readDefinition,
  textIn,
} from "../../src/referendum/definition.ts";
import { readFraction, readRule } from "../../src/referendum/rule.ts";
import { ruleInWords } from "../../src/text/rule_words.ts";
import { bytesOf } from "../board/support.ts";
import { jsonOf } from "../support/vectors.ts";

interface Shown {
  readonly definition: string;
  readonly fingerprint: string;
  readonly rehearsal: boolean;
  readonly title: string;
  readonly asked: readonly (readonly string[])[];
  readonly explanations: readonly { readonly [language: string]: string }[];
  readonly effect: { readonly binding: string; readonly on: string } | null;
  readonly documents: readonly object[];
  readonly rule: { readonly [language: string]: readonly string[] };
}

const VECTORS = jsonOf<{
  definitions: Shown[];
  rules: { rule: Json; words: { readonly [language: string]: readonly string[] } }[];
}>("outcomes", "definitions.json");

/** The election's questions as they follow from what is asked. */
function election({ asked }: Shown, changes: Partial<Question> = {}): readonly Question[] {
  return asked.map(
    ([question = "", ...answers]) => ({ question, answers, min: 1, max: 1, blank: false, ...changes }) as Question,
  );
}

describe.each(VECTORS.definitions)("the definition $fingerprint", (shown) => {
  const definition = readDefinition(bytesOf(shown.definition));
  const kind = { rehearsal: shown.rehearsal };

  it("says what voters are shown", () => {
    expect(definition.fingerprint).toBe(shown.fingerprint);
    expect(definition.rehearsal).toBe(shown.rehearsal);
    expect(inEveryLanguage(definition.title, definition)).toBe(shown.title);
    expect(definition.questions.map(({ explanation }) => explanation)).toEqual(shown.explanations);
    expect(definition.effect?.binding).toBe(shown.effect === null ? undefined : shown.effect.binding === "binding");
    expect(definition.documents.map(({ url: _, ...rest }) => rest)).toEqual(shown.documents);
    for (const [language, lines] of Object.entries(shown.rule)) {
      expect(definition.rule === undefined ? [] : ruleInWords(definition.rule, language)).toEqual(lines);
    }
  });

  it("is what the election asks, and nothing else is", () => {
    checkAsked(definition, kind, election(shown));
    const other = election({ ...shown, asked: shown.asked.map(([first = "", ...rest]) => [`${first} `, ...rest]) });
    const turned = election({
      ...shown,
      asked: shown.asked.map(([first = "", ...rest]) => [first, ...rest.reverse()]),
    });
    for (const asked of [other, turned, election(shown, { max: 2 }), election(shown, { blank: true }), []]) {
      expect(() => checkAsked(definition, kind, asked)).toThrow(MismatchError);
    }
    expect(() => checkAsked(definition, { rehearsal: !shown.rehearsal }, election(shown))).toThrow(MismatchError);
  });

  it("is read only in its one form", () => {
    const text = new TextDecoder().decode(bytesOf(shown.definition));
    for (const changed of [` ${text}`, text.slice(0, -1), text.replace("definition/1", "definition/2"), "[]", "{}"]) {
      expect(() => readDefinition(new TextEncoder().encode(changed))).toThrow(MalformedError);
    }
  });
});

describe.each(VECTORS.rules)("the rule %#", ({ rule, words }) => {
  test.each(Object.keys(words))("in %s is said in the words of the reports", (language) => {
    expect(ruleInWords(readRule(rule, ""), language)).toEqual(words[language]);
  });
});

test.each<[string, Json]>([
  ["no condition", {}],
  ["binding alone", { binding: { gt: ["yes", "no"] } }],
  ["another comparison", { passes: { lt: ["yes", "no"] } }],
  ["two names in one", { passes: { gt: ["yes", "no"], ge: ["yes", "no"] } }],
  ["three sides", { passes: { gt: ["yes", "no", "blank"] } }],
  ["an empty list", { passes: { all: [] } }],
  ["a number with a point", { passes: { gt: ["yes", "0.5"] } }],
  ["a fraction of nothing", { passes: { gt: ["yes", "1/0"] } }],
  ["another total", { passes: { gt: ["yes", "maybe"] } }],
  ["regions with more", { passes: { gt: [{ regions: { of: "all" } }, "1"] } }],
  ["too deep", { passes: Array.from({ length: 14 }).reduce<Json>((part) => ({ not: part }), { gt: ["yes", "no"] }) }],
  ["too large", { passes: { all: Array.from({ length: 200 }, () => ({ gt: ["yes", "no"] })) } }],
])("a rule with %s is none of the grammar", (_, rule) => {
  expect(() => readRule(rule, "")).toThrow(MalformedError);
});

test("fractions are read in lowest terms", () => {
  expect(readFraction("2/4", "")).toEqual({ numerator: 1n, denominator: 2n });
  expect(readFraction("0", "")).toEqual({ numerator: 0n, denominator: 1n });
});

test("a charter's text names a definition on its last line only", () => {
  const name = "ab".repeat(32);
  expect(definitionIn(`text\nPsephos definition ${name}`)).toEqual({ named: name, text: "text" });
  expect(definitionIn(`Psephos definition ${name}`)).toEqual({ named: name, text: "" });
  for (const text of ["text", `Psephos definition ${name}\nmore`, `a Psephos definition ${name}`]) {
    expect(definitionIn(text)).toEqual({ named: undefined, text });
  }
});

test("a text is in the reader's language, in a variant of it, or in the original's", () => {
  const { languages }: Pick<Definition, "languages"> = { languages: ["fa", "en-GB"] };
  const texts = { fa: "آری", "en-GB": "Yes" };
  expect(textIn(texts, "en", { languages })).toBe("Yes");
  expect(textIn(texts, "fr", { languages })).toBe("آری");
  expect(textIn({}, "fr", { languages })).toBe("");
});
