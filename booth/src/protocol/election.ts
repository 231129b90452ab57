/** What is asked, and under which key (specification §4.9, §4.10). */

import { MalformedError, UnsupportedError } from "../errors.ts";
import { type Json, readCount, readFields, readJson, readList, readText, sha256Base64 } from "./encoding.ts";
import { type Element, type Group, groupOf } from "./group.ts";

/** A homomorphic question: choose from `min` to `max` of the answers, or blank where that is allowed (§4.9.1). */
export interface Question {
  readonly question: string;
  readonly answers: readonly string[];
  readonly blank: boolean;
  readonly min: number;
  readonly max: number;
  /** > when blank … this vector has an additional leading value (§4.11.1). */
  readonly length: number;
}

export interface Election {
  readonly uuid: string;
  readonly name: string;
  readonly description: string;
  readonly group: Group;
  /** y, prepared. */
  readonly publicKey: Element;
  readonly questions: readonly Question[];
  /** > φ: BASE64(SHA256(J)), of the received bytes (§4.15). */
  readonly fingerprint: string;
}

const UUID = /^[1-9A-HJ-NP-Za-km-z]{14,}$/;
const FIELDS = [
  "version",
  "description",
  "name",
  "group",
  "public_key",
  "questions",
  "uuid",
  "?administrator",
  "?credential_authority",
  "?language",
];

/**
 * Read an election.
 *
 * @throws {MalformedError} If it is not well-formed, its group none of version 1, or its key not in its group.
 * @throws {UnsupportedError} If its version or a type of question is not one that we know.
 */
export function readElection(bytes: Uint8Array): Election {
  const value = readJson(bytes, "election");
  requireVersion(value);
  const fields = readFields(value, "", FIELDS);
  for (const optional of ["administrator", "credential_authority"].filter((name) => fields.has(name))) {
    fields.text(optional);
  }
  if (fields.has("language")) {
    readLanguage(fields.value("language"), fields.place("language"));
  }
  const uuid = fields.text("uuid");
  if (!UUID.test(uuid)) {
    throw new MalformedError("not 14 or more characters of base58", { at: "/uuid" });
  }
  const group = groupOf(fields.text("group"), "/group");
  const publicKey = group.decode(fields.text("public_key"), "/public_key").prepared();
  const questions = fields.list("questions").map((question, index) => readQuestion(question, `/questions/${index}`));
  if (questions.length === 0) {
    throw new MalformedError("no question", { at: "/questions" });
  }
  return {
    uuid,
    name: fields.text("name"),
    description: fields.text("description"),
    group,
    publicKey,
    questions,
    fingerprint: sha256Base64(bytes),
  };
}

/** Of another version nothing is known, not even whether it is well-formed. */
function requireVersion(value: Json): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const { version } = value as { readonly version?: Json };
    if (version !== 1) {
      throw new UnsupportedError(`version ${JSON.stringify(version)} of the protocol is not supported`, {
        at: "/version",
      });
    }
  }
}

/** > language = [code, "ltr" | "rtl"] (Belenios 3.3). */
function readLanguage(value: Json, at: string): void {
  const [code, direction] = readList(value, at, 2).map((part, index) => readText(part, `${at}/${index}`));
  if (code === undefined || (direction !== "ltr" && direction !== "rtl")) {
    throw new MalformedError("not a language and its direction", { at });
  }
}

function readQuestion(value: Json, at: string): Question {
  if (typeof value === "object" && value !== null && Object.hasOwn(value, "type")) {
    const { type } = value as { readonly type?: Json };
    throw new UnsupportedError(`questions of type ${JSON.stringify(type)} are not supported`, { at });
  }
  const fields = readFields(value, at, ["answers", "?blank", "min", "max", "question"]);
  const blank = fields.has("blank") ? fields.value("blank") : false;
  if (typeof blank !== "boolean") {
    throw new MalformedError("not true or false", { at: `${at}/blank` });
  }
  const answers = fields.list("answers").map((answer, index) => readText(answer, `${at}/answers/${index}`));
  const min = readCount(fields.value("min"), fields.place("min"));
  const max = readCount(fields.value("max"), fields.place("max"));
  if (max === 0 || min > max || min > answers.length) {
    throw new MalformedError(`no choice of ${min} to ${max} out of ${answers.length}`, { at });
  }
  return {
    question: fields.text("question"),
    answers,
    blank,
    min,
    max,
    length: answers.length + (blank ? 1 : 0),
  };
}
