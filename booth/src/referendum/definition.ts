/**
 * The definition, as far as voters are shown it (`docs/reference/definition.md`): what is asked, what each answer would
 * bring about, what follows from the count.
 *
 * The charter's text names it by its SHA-256, so every ballot is cast under exactly this one.
 */

import { MalformedError, MismatchError } from "../errors.ts";
import type { Question } from "../protocol/election.ts";
import { type Json, readJson, readList, readText, sha256Hex } from "../protocol/encoding.ts";
import { objectOf, type Rule, readRule } from "./rule.ts";

const LINE = /(?:^|\n)Psephos definition ([0-9a-f]{64})$/;
const BETWEEN = " / ";

/** A text for each language. */
export type Texts = { readonly [language: string]: string };

/** A file that belongs to the referendum. */
export interface Document {
  readonly of: "yes" | "no" | "report";
  /** Empty where it is of none. */
  readonly language: string;
  readonly name: string;
  readonly sha256: string;
  readonly url: string;
}

export interface Definition {
  readonly rehearsal: boolean;
  /** The first is the original. */
  readonly languages: readonly string[];
  readonly title: Texts;
  readonly questions: readonly {
    readonly text: Texts;
    readonly answers: readonly Texts[];
    readonly explanation: Texts;
  }[];
  /** What the result obliges anybody to, and whom; undefined if that is not said. */
  readonly effect: { readonly binding: boolean; readonly on: string } | undefined;
  readonly documents: readonly Document[];
  readonly rule: Rule | undefined;
  /** SHA-256 of the received bytes. */
  readonly fingerprint: string;
}

/** The definition's fingerprint in a charter's text, and the text without it. */
export function definitionIn(text: string): { readonly named: string | undefined; readonly text: string } {
  const found = LINE.exec(text);
  return found === null ? { named: undefined, text } : { named: found[1], text: text.slice(0, found.index) };
}

/** What organisers sign to put a definition into force. */
export function definitionText(fingerprint: string): string {
  return `psephos/definition/1\n${fingerprint}\n`;
}

/**
 * Read what voters are shown.
 *
 * @throws {MalformedError} If something of it cannot be read.
 */
export function readDefinition(bytes: Uint8Array): Definition {
  const fields = objectOf(readJson(bytes, "definition"), "");
  const kind = fields["kind"];
  if (fields["format"] !== "psephos/definition/1" || !["statutory", "urgent", "rehearsal"].includes(String(kind))) {
    throw new MalformedError("not a definition of this version", { at: "/format" });
  }
  const effect = fields["effect"];
  const rule = fields["rule"];
  return {
    rehearsal: kind === "rehearsal",
    languages: readList(fields["languages"] ?? null, "/languages").map((one) => readText(one, "/languages")),
    title: readTexts(fields["title"], "/title"),
    questions: readList(fields["questions"] ?? null, "/questions").map((question, index) => {
      const at = `/questions/${index}`;
      const { text, answers = null, explanation = {} } = objectOf(question, at);
      return {
        text: readTexts(text, `${at}/text`),
        answers: readList(answers, `${at}/answers`).map((answer, place) => {
          const here = `${at}/answers/${place}`;
          return readTexts(objectOf(answer, here)["text"], `${here}/text`);
        }),
        explanation: readTexts(explanation, `${at}/explanation`),
      };
    }),
    effect: effect === undefined || effect === null ? undefined : readEffect(effect),
    documents: readDocuments(fields["information"] ?? {}),
    rule: rule === undefined || rule === null ? undefined : readRule(rule, "/rule"),
    fingerprint: sha256Hex(bytes),
  };
}

function readTexts(value: Json | undefined, at: string): Texts {
  const found = Object.entries(objectOf(value ?? null, at));
  return Object.fromEntries(found.map(([language, text]) => [language, readText(text, `${at}/${language}`)]));
}

function readEffect(value: Json): Definition["effect"] {
  const { binding, on = "" } = objectOf(value, "/effect");
  if (binding !== "binding" && binding !== "consultative") {
    throw new MalformedError("neither binding nor consultative", { at: "/effect/binding" });
  }
  return { binding: binding === "binding", on: readText(on, "/effect/on") };
}

function readDocuments(value: Json): readonly Document[] {
  const at = "/information";
  const { texts = [], report = null } = objectOf(value, at);
  const sides = readList(texts, `${at}/texts`).map((text, index) => {
    const place = `${at}/texts/${index}`;
    const { side, language = "", document = null } = objectOf(text, place);
    if (side !== "yes" && side !== "no") {
      throw new MalformedError("a text of neither side", { at: place });
    }
    return { of: side, language: readText(language, place), ...readDocument(document, `${place}/document`) } as const;
  });
  const about =
    report === null ? [] : [{ of: "report", language: "", ...readDocument(report, `${at}/report`) } as const];
  return [...sides, ...about];
}

function readDocument(value: Json, at: string): Pick<Document, "name" | "sha256" | "url"> {
  const { name = null, sha256 = null, url = "" } = objectOf(value, at);
  const digest = readText(sha256, `${at}/sha256`);
  if (!/^[0-9a-f]{64}$/.test(digest)) {
    throw new MalformedError("not a SHA-256", { at: `${at}/sha256` });
  }
  return { name: readText(name, `${at}/name`), sha256: digest, url: readText(url, `${at}/url`) };
}

/** A text in every language of the vote, as the election has it. */
export function inEveryLanguage(texts: Texts, { languages }: Pick<Definition, "languages">): string {
  return languages.flatMap((language) => texts[language] ?? []).join(BETWEEN);
}

/**
 * Check that an election asks what the definition says: what is shown and what is encrypted are one.
 *
 * @throws {MismatchError} If it asks something else.
 */
export function checkAsked(
  definition: Definition,
  charter: Pick<Definition, "rehearsal">,
  asked: readonly Question[],
): void {
  const theirs = asked.map(({ question, answers, min, max, blank }) => [question, ...answers, min, max, blank]);
  const ours = definition.questions.map(({ text, answers }) => [
    ...[text, ...answers].map((texts) => inEveryLanguage(texts, definition)),
    1,
    1,
    false,
  ]);
  if (JSON.stringify(theirs) !== JSON.stringify(ours)) {
    throw new MismatchError("the election does not ask what the definition says", { at: "/questions" });
  }
  if (definition.rehearsal !== charter.rehearsal) {
    throw new MismatchError("the charter is of another kind than the definition", { at: "/kind" });
  }
}

/** A text in a reader's language, or in the original's where there is none. */
export function textIn(texts: Texts, language: string, { languages }: Pick<Definition, "languages">): string {
  const own = languages.find((one) => one === language) ?? languages.find((one) => one.split("-")[0] === language);
  return texts[own ?? ""] ?? texts[languages[0] ?? ""] ?? "";
}
