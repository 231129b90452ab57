/** What puts a vote on a board into motion: the signed setup, and its acceptance by every party. */

import { utf8ToBytes } from "@noble/hashes/utils.js";
import { InvalidProofError, MismatchError } from "../errors.ts";
import { type Election, readElection } from "../protocol/election.ts";
import { type Json, readFields, readJson, readList, readText, sha256Hex } from "../protocol/encoding.ts";
import type { Element } from "../protocol/group.ts";
import { logarithmHolds, readProof, readProofs } from "../protocol/proofs.ts";
import { message } from "../protocol/transcript.ts";
import { readTrustees, verifyPublicKey } from "../protocol/trustees.ts";
import type { Part } from "./board_entries.ts";
import { type Charter, checkElection, verifyOrganisersNote } from "./charter.ts";

/**
 * The bytes of a part.
 *
 * @param blob - Of a part that lies beside the log, what was found under its name.
 * @throws {MismatchError} If that is something else.
 */
export function contentOf(part: Part, blob?: Uint8Array): Uint8Array {
  const content = part.content ?? blob;
  if (content === undefined || content.length !== part.size || sha256Hex(content) !== part.digest) {
    throw new MismatchError("an object is not the one that the entry names", { at: `blob ${part.digest}` });
  }
  return content;
}

/** The parts of a Setup entry; the list of credentials only if it was fetched. */
export interface SetupParts {
  readonly election: Uint8Array;
  readonly trustees: Uint8Array;
  readonly credentials: { readonly digest: string; readonly content: Uint8Array | undefined };
  readonly data: Uint8Array;
  readonly note: Uint8Array;
}

export interface Setup {
  readonly election: Election;
  readonly received: Uint8Array;
  /** Its one fingerprint, which everybody accepts. */
  readonly fingerprint: string;
  /** Public credentials, if the list was given. */
  readonly listed: ReadonlySet<string> | undefined;
  /** Who has to accept it, and with which key: "trustee 1", "registrar 1", … */
  readonly parties: ReadonlyMap<string, Element>;
}

/**
 * Read a setup and check it against its charter: signatures, election, trustees' keys and proofs.
 *
 * @throws {PsephosError} If anything of it does not hold.
 */
export function readSetup(parts: SetupParts, charter: Charter): Setup {
  const fingerprint = sha256Hex(parts.data);
  checkSigned(parts.note, charter, fingerprint);
  const named = readFields(readJson(parts.data, "setup data"), "", ["election", "trustees", "credentials"]);
  const digests = [sha256Hex(parts.election), sha256Hex(parts.trustees), parts.credentials.digest];
  if (["election", "trustees", "credentials"].some((name, index) => named.hash(name) !== digests[index])) {
    throw new MismatchError("the setup does not come with what it names", { at: "setup data" });
  }
  const election = readElection(parts.election);
  const trustees = readTrustees(parts.trustees, election);
  verifyPublicKey(trustees, election);
  checkElection(charter, election, parts.election);
  const people = readPeople(parts.trustees, election);
  checkTrustees(people, charter);
  const { content } = parts.credentials;
  const registrars = charter.registrars.map(({ key }, index) => election.group.decode(key, `/registrars/${index}/key`));
  const parties = new Map([
    ...people.map(({ key }, index) => [`trustee ${index + 1}`, key] as const),
    ...registrars.map((key, index) => [`registrar ${index + 1}`, key] as const),
  ]);
  const listed = content === undefined ? undefined : readListed(content);
  return { election, received: parts.election, fingerprint, listed, parties };
}

/** The list as texts: that each is a credential is checked by whoever lets ballots in, and by the observers. */
function readListed(content: Uint8Array): ReadonlySet<string> {
  const items = readList(readJson(content, "public credentials"), "").map((item, index) => readText(item, `/${index}`));
  if (items.some((item) => item.includes(","))) {
    throw new MismatchError("weighted votes are forbidden in a referendum", { at: "credentials" });
  }
  return new Set(items);
}

/** > psephos/setup/1, the charter, the setup, the archive's timestamp: each on a line. */
function checkSigned(note: Uint8Array, charter: Charter, setup: string): void {
  const { text } = verifyOrganisersNote(note, charter.terms);
  const timestamp = text.split("\n").at(-2) ?? "";
  const expected = `psephos/setup/1\n${charter.fingerprint}\n${setup}\n${timestamp}\n`;
  if (text !== expected || !/^(0|[1-9][0-9]{0,9})$/.test(timestamp)) {
    throw new MismatchError("the organisers signed something else than this setup", { at: "signed setup" });
  }
}

/** A trustee's name, the key with which it signs, and how it decrypts. */
interface Person {
  readonly name: string | undefined;
  readonly key: Element;
  readonly mandatory: boolean;
  readonly threshold: number;
}

/** Read once more what the ceremony says about people; all its proofs were checked before. */
function readPeople(bytes: Uint8Array, election: Election): readonly Person[] {
  const { group } = election;
  return readList(readJson(bytes, "trustees"), "").flatMap((item): Person[] => {
    const [kind, body] = readList(item, "", 2);
    const value = (body ?? null) as { readonly [name: string]: Json };
    if (kind === "Single") {
      const key = group.decode(readText(value["public_key"] ?? null, "/public_key"), "/public_key");
      return [{ name: nameIn(value), key, mandatory: true, threshold: 1 }];
    }
    const keys = readList(value["verification_keys"] ?? null, "/verification_keys");
    return readList(value["certs"] ?? null, "/certs").map((cert, index) => {
      const text = readText((cert as { readonly message?: Json }).message ?? null, "/certs");
      const inner = readJson(utf8ToBytes(text), "certificate") as { readonly verification?: Json };
      const key = group.decode(readText(inner.verification ?? null, "/verification"), "/verification");
      const name = nameIn(keys[index] as { readonly [name: string]: Json });
      return { name, key, mandatory: false, threshold: Number(value["threshold"]) };
    });
  });
}

function nameIn(value: { readonly [name: string]: Json }): string | undefined {
  const name = value["name"];
  return typeof name === "string" ? name : undefined;
}

/** The trustees have the names, the number and the threshold of the charter. */
function checkTrustees(people: readonly Person[], charter: Charter): void {
  const mandatory = charter.threshold === charter.trustees.length;
  const fits = people.every((one) => one.mandatory === mandatory && (mandatory || one.threshold === charter.threshold));
  if (!fits || people.length !== charter.trustees.length) {
    throw new MismatchError("the trustees are not as many as the charter says", { at: "trustees" });
  }
  for (const [index, { name }] of people.entries()) {
    if (name !== charter.trustees[index]) {
      throw new MismatchError(`trustee ${index + 1} has another name in the charter`, { at: "trustees" });
    }
  }
}

/**
 * Check an acceptance, and say whose it is.
 *
 * @throws {MalformedError | MismatchError | InvalidProofError} If it is not that of a party that has to accept.
 */
export function verifyAcceptance(bytes: Uint8Array, setup: Setup): string {
  const { group } = setup.election;
  const fields = readFields(readJson(bytes, "acceptance"), "", ["party", "setup", "signature"]);
  const party = fields.text("party");
  const key = setup.parties.get(party);
  if (key === undefined || fields.hash("setup") !== setup.fingerprint) {
    throw new MismatchError("an acceptance of another setup, or of somebody else", { at: "/party" });
  }
  const signature = readProof(fields.value("signature"), "/signature", group);
  if (!logarithmHolds(group, key, signature, message(`psephos/acceptance|${party}|${setup.fingerprint}`))) {
    throw new InvalidProofError("the signature of an acceptance does not hold", { culprit: party });
  }
  return party;
}

/**
 * Check that every registrar has signed a region list.
 *
 * That the list fits the credentials and the charter's numbers is what a registrar checks before signing, and an
 * observer afterwards: here it is not fetched.
 *
 * @throws {MalformedError | MismatchError | InvalidProofError} If not.
 */
export function verifyRegions([list, statement]: readonly Part[], setup: Setup): void {
  const { group } = setup.election;
  const received = readJson(statement?.content ?? new Uint8Array(), "statement of the registrars");
  const fields = readFields(received, "", ["setup", "regions", "signatures"]);
  const regions = fields.hash("regions");
  if (fields.hash("setup") !== setup.fingerprint || regions !== list?.digest) {
    throw new MismatchError("the registrars signed another list, or for another setup", { at: "statement" });
  }
  const registrars = [...setup.parties].filter(([party]) => party.startsWith("registrar "));
  const signatures = readProofs(fields.value("signatures"), "/signatures", group, registrars.length);
  for (const [index, [party, key]] of registrars.entries()) {
    const text = `psephos/regions|${party}|${setup.fingerprint}|${regions}`;
    const signature = signatures[index];
    if (signature === undefined || !logarithmHolds(group, key, signature, message(text))) {
      throw new InvalidProofError("the signature under a region list does not hold", { culprit: party });
    }
  }
}
