/**
 * The charter: what the organisers fix before anything else (docs/reference/formats.md), as far as a voter needs it.
 *
 * Its SHA-256 stands in the description of the election, hence in the hash that every ballot names.
 */

import { utf8ToBytes } from "@noble/hashes/utils.js";
import { LATEST_TIME } from "../board/moments.ts";
import {
  ED25519,
  pairOf,
  plainVerifier,
  readNote,
  readVerifierKey,
  type VerifierKey,
  verifyNote,
} from "../board/note.ts";
import { type Policy, readPolicy } from "../board/policy.ts";
import { InvalidProofError, MalformedError, MismatchError } from "../errors.ts";
import type { Election } from "../protocol/election.ts";
import { type Fields, type Json, readFields, readJson, readText, sha256Hex, writeJson } from "../protocol/encoding.ts";

const FIELDS = [
  "format",
  "kind",
  "uuid",
  "group",
  "title",
  "text",
  "questions",
  "trustees",
  "threshold",
  "registrars",
  "minimum_counted",
  "board",
  // Which regions are counted apart: all that concerns a voter is that the vote does not open without their list.
  "?regions",
];
const BOARD = [
  "log",
  "standby",
  "organisers",
  "organisers_needed",
  "receipts",
  "tally",
  "opens_at",
  "closes_at",
  "earliest_close",
  "latest_close",
  "largest_ballot",
  "ballots_per_hour",
  "ruleset",
];

/** What the charter says about its board. */
export interface Terms {
  /** The log that is spoken of: the charter's own, or the one that took over. */
  readonly log: VerifierKey;
  /** The charter's log, and then the standby logs, in its order. */
  readonly logs: readonly VerifierKey[];
  readonly organisers: readonly VerifierKey[];
  readonly organisersNeeded: number;
  /** The policy whose quorum makes a receipt final. */
  readonly receipts: Policy;
  /** The policy whose quorum has checked every entry, and decides which log goes on. */
  readonly tally: Policy;
  readonly opensAt: number;
  readonly closesAt: number;
  /** Between these the organisers may move the closing time. */
  readonly earliestClose: number;
  readonly latestClose: number;
}

export interface Charter {
  readonly kind: "real" | "rehearsal";
  readonly uuid: string;
  readonly group: string;
  readonly title: string;
  readonly text: string;
  /** As the charter writes them. */
  readonly questions: Json;
  readonly trustees: readonly string[];
  readonly threshold: number;
  readonly registrars: readonly { readonly name: string; readonly key: string }[];
  /** Whether regions are counted apart. */
  readonly regions: boolean;
  readonly terms: Terms;
  /** SHA-256 of the received bytes. */
  readonly fingerprint: string;
}

/**
 * Read a charter of a referendum on a board.
 *
 * @throws {MalformedError} If it is none.
 * @throws {UnsupportedError} If a key is of a type that we cannot check.
 */
export function readCharter(bytes: Uint8Array): Charter {
  const fields = readFields(readJson(bytes, "charter"), "", FIELDS);
  const kind = fields.text("kind");
  if (fields.text("format") !== "psephos/charter/1" || (kind !== "real" && kind !== "rehearsal")) {
    throw new MalformedError("not a charter of this version", { at: "/format" });
  }
  const trustees = fields.list("trustees").map((name, index) => readText(name, `/trustees/${index}`));
  const threshold = fields.count("threshold");
  if (threshold < 1 || threshold > trustees.length) {
    throw new MalformedError(`threshold ${threshold} of ${trustees.length} trustees`, { at: "/threshold" });
  }
  const registrars = fields.list("registrars").map((value, index) => {
    const registrar = readFields(value, `/registrars/${index}`, ["name", "key"]);
    return { name: registrar.text("name"), key: registrar.text("key") };
  });
  if (registrars.length < 1 || registrars.length > 2) {
    throw new MalformedError("not one registrar or two", { at: "/registrars" });
  }
  return {
    kind,
    uuid: fields.text("uuid"),
    group: fields.text("group"),
    title: fields.text("title"),
    text: fields.text("text"),
    questions: fields.value("questions"),
    trustees,
    threshold,
    registrars,
    regions: fields.has("regions"),
    terms: readTerms(readFields(fields.value("board"), "/board", BOARD)),
    fingerprint: sha256Hex(bytes),
  };
}

function readTerms(fields: Fields): Terms {
  const log = readVerifierKey(fields.text("log"), fields.place("log"));
  const standby = fields.list("standby").map((key, index) => {
    const at = `${fields.place("standby")}/${index}`;
    return readVerifierKey(readText(key, at), at);
  });
  const logs = [log, ...standby];
  const organisers = fields.list("organisers").map((key, index) => {
    const at = `${fields.place("organisers")}/${index}`;
    return readVerifierKey(readText(key, at), at);
  });
  const organisersNeeded = fields.count("organisers_needed");
  const receipts = readOwnPolicy(fields, "receipts", logs);
  const tally = readOwnPolicy(fields, "tally", logs);
  const witnesses = [...receipts.witnesses.values(), ...tally.witnesses.values()].map(publicOf);
  const plain = [...logs, ...organisers].map(publicOf);
  if (new Set(logs.map(({ name }) => name)).size !== logs.length) {
    throw new MalformedError("two logs have one name", { at: fields.place("standby") });
  }
  if ([...logs, ...organisers].some(({ type }) => type !== ED25519)) {
    throw new MalformedError("not a key that signs notes", { at: fields.at });
  }
  if (new Set(plain).size !== plain.length || witnesses.some((key) => plain.includes(key))) {
    throw new MalformedError("one key has two purposes", { at: fields.at });
  }
  if (organisersNeeded < 1 || organisersNeeded > organisers.length) {
    throw new MalformedError(`${organisersNeeded} of ${organisers.length} organisers`, { at: fields.at });
  }
  return {
    log,
    logs,
    organisers,
    organisersNeeded,
    receipts,
    tally,
    opensAt: readTime(fields, "opens_at"),
    closesAt: readTime(fields, "closes_at"),
    earliestClose: readTime(fields, "earliest_close"),
    latestClose: readTime(fields, "latest_close"),
  };
}

function readTime(fields: Fields, name: string): number {
  const time = fields.count(name);
  if (time < 1 || time > LATEST_TIME) {
    throw new MalformedError("not a possible time", { at: fields.place(name) });
  }
  return time;
}

/** A policy of the charter: about its log, and about no log but it and the standby logs. */
function readOwnPolicy(fields: Fields, name: string, logs: readonly VerifierKey[]): Policy {
  const policy = readPolicy(utf8ToBytes(fields.text(name)));
  const listed = policy.logs.map(({ text }) => text);
  const known = logs.map(({ text }) => text);
  if (!listed.includes(known[0] ?? "") || !listed.every((key) => known.includes(key))) {
    throw new MalformedError("the policy is not about this log", { at: fields.place(name) });
  }
  return policy;
}

/** The same terms as they read in a log that took over: nothing that the others sign counts any more. */
export function termsUnder(terms: Terms, log: VerifierKey): Terms {
  return { ...terms, log, receipts: { ...terms.receipts, logs: [log] } };
}

function publicOf({ publicKey }: VerifierKey): string {
  return publicKey.join(".");
}

/** A text and the organisers who signed it. */
export interface OrganisersNote {
  readonly text: string;
  readonly signed: readonly string[];
}

/**
 * Check a note that organisers have signed: enough of them, nobody else, each once, in the charter's order.
 *
 * @throws {MalformedError} If its lines are others.
 * @throws {InvalidProofError} If one does not hold, or they are too few.
 */
export function verifyOrganisersNote(
  bytes: Uint8Array,
  terms: Pick<Terms, "organisers" | "organisersNeeded">,
): OrganisersNote {
  const note = readNote(bytes);
  const lines = note.signatures.map(pairOf);
  const known = terms.organisers.map(pairOf);
  const expected = known.filter((pair) => lines.includes(pair));
  if (lines.join("\n") !== expected.join("\n")) {
    throw new MalformedError("not signed by organisers only, once each, in the charter's order", { at: "signatures" });
  }
  const held = verifyNote(note, terms.organisers.map(plainVerifier));
  if (held.length < terms.organisersNeeded) {
    throw new InvalidProofError(`${held.length} organisers have signed, and ${terms.organisersNeeded} must`, {
      at: "signatures",
    });
  }
  return { text: note.text, signed: held.map(({ name }) => name) };
}

/**
 * Read the charter in entry 0 and check that the organisers whom it names have signed it.
 *
 * That they are the right ones is for the voter: she compares its fingerprint with her letter.
 */
export function readSignedCharter(note: Uint8Array): { readonly charter: Charter; readonly signed: readonly string[] } {
  const { text } = readNote(note);
  const charter = readCharter(utf8ToBytes(text.slice(0, -1)));
  return { charter, signed: verifyOrganisersNote(note, charter.terms).signed };
}

/** > description: the text, and the charter's fingerprint on a line of its own; a rehearsal is marked in the name. */
export function checkElection(charter: Charter, election: Election, received: Uint8Array): void {
  const last = `Psephos charter ${charter.fingerprint}`;
  const wire = readJson(received, "election") as { readonly [name: string]: Json };
  const parts: readonly (readonly [string, string, string])[] = [
    ["name", election.name, charter.kind === "real" ? charter.title : `[REHEARSAL] ${charter.title}`],
    ["description", election.description, charter.text === "" ? last : `${charter.text}\n${last}`],
    ["uuid", election.uuid, charter.uuid],
    ["group", election.group.name, charter.group],
    ["questions", textOf(wire["questions"] ?? null), textOf(charter.questions)],
  ];
  for (const [part, theirs, ours] of parts) {
    if (theirs !== ours) {
      throw new MismatchError("the election is not the one that the charter defines", { at: `/${part}` });
    }
  }
}

function textOf(value: Json): string {
  return new TextDecoder().decode(writeJson(value));
}
