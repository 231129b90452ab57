/**
 * The trustees: whose keys make the election's, and how many of them decrypt (specification §4.5-4.7).
 *
 * Threshold trustees are as in Belenios 2.5.1 and later: certificates with a context, and two more signatures
 * per trustee. The form before that is accepted in the two groups in which such records exist.
 */

import { utf8ToBytes } from "@noble/hashes/utils.js";
import { InvalidProofError, MalformedError, MismatchError } from "../errors.ts";
import type { Election } from "./election.ts";
import { type Json, readFields, readJson, readList, readText, writeJson } from "./encoding.ts";
import { type Element, type Group, reduce } from "./group.ts";
import { logarithmHolds, type Proof, proofJson, readProof } from "./proofs.ts";
import { message, possession } from "./transcript.ts";

/** One trustee. */
export interface Trustee {
  /** Its number in the list of all trustees, from 1 on. */
  readonly number: number;
  readonly label: string;
  readonly publicKey: Element;
}

/** One item of the list: a trustee that must decrypt, or several of whom `threshold` must. */
export interface TrusteeItem {
  readonly mandatory: boolean;
  readonly threshold: number;
  readonly members: readonly Trustee[];
  /** The sub-key that it brings into the election's key. */
  readonly key: Element;
}

export interface Trustees {
  readonly items: readonly TrusteeItem[];
  readonly members: readonly Trustee[];
  /** Whether threshold trustees have the form before Belenios 2.5.1. */
  readonly oldForm: boolean;
}

interface SignedMessage {
  readonly message: string;
  readonly signature: Proof;
}

interface PublicKey {
  readonly pok: Proof;
  readonly key: Element;
  readonly signature: Proof | undefined;
}

/**
 * Read the trustees and check all that they have proved and signed.
 *
 * @throws {MalformedError} If it is not well-formed.
 * @throws {InvalidProofError | MismatchError} If a proof or signature does not hold; `culprit` says whose.
 */
export function readTrustees(bytes: Uint8Array, election: Election): Trustees {
  const { group } = election;
  const list = readList(readJson(bytes, "trustees"), "");
  if (list.length === 0) {
    throw new MalformedError("no trustees");
  }
  const items: TrusteeItem[] = [];
  let oldForm: boolean | undefined;
  for (const [index, entry] of list.entries()) {
    const at = `/${index}`;
    const [kind, value] = readList(entry, at, 2) as [Json, Json];
    const before = items.reduce((sum, item) => sum + item.members.length, 0);
    if (kind === "Single") {
      items.push(readSingle(value, `${at}/1`, group, before));
    } else if (kind === "Pedersen") {
      const { item, old } = readPedersen(value, `${at}/1`, group, before);
      if (oldForm !== undefined && oldForm !== old) {
        throw new MalformedError("threshold trustees in two forms, of before and of since Belenios 2.5.1", { at });
      }
      items.push(item);
      oldForm = old;
    } else {
      throw new MalformedError("neither Single nor Pedersen", { at: `${at}/0` });
    }
  }
  return { items, members: items.flatMap((item) => item.members), oldForm: oldForm === true };
}

/**
 * Check that voters encrypt for these trustees.
 *
 * > y = ∏ yτ (§3.1.1).
 *
 * @throws {MismatchError} If it is another key.
 */
export function verifyPublicKey(trustees: Trustees, election: Election): void {
  const key = trustees.items.reduce((product, item) => product.times(item.key), election.group.identity);
  if (!key.equals(election.publicKey)) {
    throw new MismatchError("the election's public key is not the product of the trustees' keys", {
      at: "/public_key",
    });
  }
}

function labelOf(number: number): string {
  return `trustee ${number}`;
}

function readSingle(value: Json, at: string, group: Group, before: number): TrusteeItem {
  const number = before + 1;
  const { key, pok, signature } = readPublicKey(value, at, group);
  if (signature !== undefined) {
    throw new MalformedError("a signature without a certificate", { at: `${at}/signature` });
  }
  verifyPossession(group, key, pok, labelOf(number));
  const members = [{ number, label: labelOf(number), publicKey: key }];
  return { mandatory: true, threshold: 1, members, key };
}

/** > trustee_public_key = {pok, public_key} (§4.5), with a signature and a name since 2.5.1. */
function readPublicKey(value: Json, at: string, group: Group): PublicKey {
  const fields = readFields(value, at, ["pok", "public_key", "?signature", "?name"]);
  if (fields.has("name")) {
    fields.text("name");
  }
  return {
    pok: readProof(fields.value("pok"), `${at}/pok`, group),
    key: group.decode(fields.text("public_key"), `${at}/public_key`),
    signature: fields.has("signature") ? readProof(fields.value("signature"), `${at}/signature`, group) : undefined,
  };
}

function verifyPossession(group: Group, key: Element, pok: Proof, culprit: string): void {
  if (!logarithmHolds(group, key, pok, possession(group, key))) {
    throw new InvalidProofError("the proof of possession of the key does not hold", { culprit });
  }
}

function readSigned(value: Json, at: string, group: Group): SignedMessage {
  const fields = readFields(value, at, ["message", "signature"]);
  return {
    message: fields.text("message"),
    signature: readProof(fields.value("signature"), `${at}/signature`, group),
  };
}

function signedJson({ message: text, signature }: SignedMessage): Json {
  return { message: text, signature: proofJson(signature) };
}

/** > threshold_parameters = {threshold, certs, coefexps, verification_keys} (§4.6.7), as read; nothing is verified. */
interface Parameters {
  readonly at: string;
  readonly group: Group;
  /** How many trustees stand before these. */
  readonly before: number;
  readonly threshold: number;
  readonly certs: readonly SignedMessage[];
  readonly coefexps: readonly SignedMessage[];
  /** Missing in the form before Belenios 2.5.1. */
  readonly signatures: readonly Proof[] | undefined;
  readonly keys: readonly PublicKey[];
}

/** What one threshold trustee has put into the ceremony. */
interface Part {
  readonly label: string;
  readonly verification: Element;
  readonly coefexps: readonly Element[];
  readonly publicKey: PublicKey;
}

function readPedersen(
  value: Json,
  at: string,
  group: Group,
  before: number,
): { readonly item: TrusteeItem; readonly old: boolean } {
  const parameters = readParameters(value, { at, group, before });
  const parts = parameters.certs.map((cert, index) => verifyPart(parameters, cert, index));
  const commitments = parts.map((part) => part.coefexps);
  const members = parts.map((part, index) => verifyMember(part, { group, commitments, before, index }));
  const key = parts.reduce((product, part) => product.times(part.coefexps[0] as Element), group.identity);
  const { threshold, signatures } = parameters;
  return { item: { mandatory: false, threshold, members, key }, old: signatures === undefined };
}

function readParameters(value: Json, { at, group, before }: Pick<Parameters, "at" | "group" | "before">): Parameters {
  const names = ["threshold", "certs", "coefexps", "?signatures", "verification_keys"];
  const fields = readFields(value, at, names);
  const threshold = fields.count("threshold");
  const size = fields.list("certs").length;
  if (threshold < 1 || threshold > size) {
    throw new MalformedError(`a threshold of ${threshold} among ${size} trustees`, { at: `${at}/threshold` });
  }
  const old = !fields.has("signatures");
  if (old && group.name === "Ed25519") {
    throw new MalformedError("threshold trustees without signatures", { at: `${at}/signatures` });
  }
  const list = <Item>(name: string, read: (item: Json, place: string, group: Group) => Item): readonly Item[] =>
    readList(fields.value(name), `${at}/${name}`, size).map((item, index) =>
      read(item, `${at}/${name}/${index}`, group),
    );
  return {
    at,
    group,
    before,
    threshold,
    certs: list("certs", readSigned),
    coefexps: list("coefexps", readSigned),
    signatures: old ? undefined : list("signatures", readProof),
    keys: list("verification_keys", readPublicKey),
  };
}

/** Check what a trustee has signed: certificate, coefficients and, since 2.5.1, all certificates together. */
function verifyPart(parameters: Parameters, cert: SignedMessage, index: number): Part {
  const { at, group, threshold, certs, signatures } = parameters;
  const label = labelOf(parameters.before + index + 1);
  const [signed, publicKey] = [parameters.coefexps[index] as SignedMessage, parameters.keys[index] as PublicKey];
  const size = certs.length;
  const context = signatures === undefined ? undefined : { group: group.name, size, threshold, index: index + 1 };
  const verification = verifyCertificate(cert, { at: `${at}/certs/${index}`, group, label, context });
  verifyMessage(group, verification, signed, label);
  if ((signatures === undefined) !== (publicKey.signature === undefined)) {
    const place = `${at}/verification_keys/${index}`;
    throw new MalformedError("a mixture of the forms before and after Belenios 2.5.1", { at: place });
  }
  const coefexps = readCoefexps(signed.message, `${at}/coefexps/${index}/message`, group, threshold);
  const part = { label, verification, coefexps, publicKey };
  const signature = signatures?.[index];
  if (signature !== undefined) {
    verifyCertificates(group, part, { certs, signature });
  }
  return part;
}

/** > To verify a signature using a verification key vk … SHA256(sigmsg|M|A) (§4.6.1). */
function verifyMessage(group: Group, key: Element, signed: SignedMessage, culprit: string): void {
  if (!logarithmHolds(group, key, signed.signature, message(signed.message))) {
    throw new InvalidProofError("a signature does not hold", { culprit });
  }
}

interface CertificateTerms {
  readonly at: string;
  readonly group: Group;
  readonly label: string;
  readonly context: { readonly [name: string]: Json } | undefined;
}

/** > cert_keys = {?context, verification, encryption}, signed with `verification` (§4.6.2, Belenios 2.5.1). */
function verifyCertificate(cert: SignedMessage, { at, group, label, context }: CertificateTerms): Element {
  const place = `${at}/message`;
  const names = [...(context === undefined ? [] : ["context"]), "verification", "encryption"];
  const fields = readFields(readJson(utf8ToBytes(cert.message), `${place}: certificate`), place, names);
  if (context !== undefined && JSON.stringify(fields.value("context")) !== JSON.stringify(context)) {
    throw new MismatchError("a certificate for another ceremony", { at: `${place}/context`, culprit: label });
  }
  group.decode(fields.text("encryption"), `${place}/encryption`);
  const verification = group.decode(fields.text("verification"), `${place}/verification`);
  verifyMessage(group, verification, cert, label);
  return verification;
}

/** > raw_coefexps = {coefexps : G*}, filled with A_i0, …, A_it (§4.6.4). */
function readCoefexps(text: string, at: string, group: Group, threshold: number): readonly Element[] {
  const fields = readFields(readJson(utf8ToBytes(text), `${at}: coefficients`), at, ["coefexps"]);
  return readList(fields.value("coefexps"), `${at}/coefexps`, threshold).map((element, index) =>
    group.decode(readText(element, `${at}/coefexps/${index}`), `${at}/coefexps/${index}`),
  );
}

/** Each trustee signs all certificates with its own coefficients: certs_sig|{certs, coefexps} (Belenios 2.5.1). */
function verifyCertificates(
  group: Group,
  part: Part,
  { certs, signature }: { readonly certs: readonly SignedMessage[]; readonly signature: Proof },
): void {
  const signed = { certs: certs.map(signedJson), coefexps: part.coefexps.map((element) => element.text) };
  const text = `certs_sig|${new TextDecoder().decode(writeJson(signed))}`;
  verifyMessage(group, part.verification, { message: text, signature }, part.label);
}

interface Ceremony {
  readonly group: Group;
  readonly commitments: readonly (readonly Element[])[];
  /** How many trustees stand before these. */
  readonly before: number;
  /** The place of this one among these. */
  readonly index: number;
}

/** > check that public_key = ∏i ∏k (A_ik)^(j^k), and its pok (§4.6.6); and who signed it (Belenios 3.0). */
function verifyMember(part: Part, { group, commitments, before, index }: Ceremony): Trustee {
  const { key, pok, signature } = part.publicKey;
  const j = BigInt(index + 1);
  let expected = group.identity;
  for (const coefficients of commitments) {
    let exponent = 1n;
    for (const coefficient of coefficients) {
      expected = expected.times(coefficient.power(exponent));
      exponent = reduce(exponent * j, group);
    }
  }
  if (!key.equals(expected)) {
    throw new MismatchError("the verification key does not follow from the coefficients", { culprit: part.label });
  }
  verifyPossession(group, key, pok, part.label);
  if (signature !== undefined) {
    verifyMessage(group, part.verification, { message: key.text, signature }, part.label);
  }
  return { number: before + index + 1, label: part.label, publicKey: key };
}
