/**
 * Credentials: the secret of a voter, and the list of their public halves (specification §3.2, §4.8).
 *
 * Secrets are derived as in Belenios 3.3, which replaced §4.8's.
 */

import { utf8ToBytes } from "@noble/hashes/utils.js";
import { MalformedError } from "../errors.ts";
import { readJson, readList, readText, sha256Hex } from "./encoding.ts";
import { type Element, type Group, reduce } from "./group.ts";

const PRIVATE = /^[1-9A-HJ-NP-Za-km-z]{5}-[1-9A-HJ-NP-Za-km-z]{6}-[1-9A-HJ-NP-Za-km-z]{5}-[1-9A-HJ-NP-Za-km-z]{6}$/;
const WEIGHT = /^[1-9][0-9]{0,15}$/;

/** Private and public half of a credential. It must not be shown or kept. */
export interface Credential {
  readonly secret: bigint;
  readonly public: Element;
}

/**
 * Derive a voter's key.
 *
 * > sk = SHA256("derive_credential|UUID|0|CRED") ++ SHA256("derive_credential|UUID|1|CRED"), in hexadecimal, mod q.
 *
 * @param text - 22 characters of base58 as 5-6-5-6, with their dashes.
 * @throws {MalformedError} If it has another form. The message does not contain it.
 */
export function deriveCredential(text: string, uuid: string, group: Group): Credential {
  if (!PRIVATE.test(text)) {
    throw new MalformedError("not a credential: four groups of 5, 6, 5 and 6 characters");
  }
  const digits = [0, 1].map((part) => sha256Hex(utf8ToBytes(`derive_credential|${uuid}|${part}|${text}`)));
  const secret = reduce(BigInt(`0x${digits.join("")}`), group);
  return { secret, public: group.generator.secretPower(secret) };
}

/** The public credentials of an election with their weights. */
export interface Electorate {
  /** Weight of each listed credential, by its text. */
  readonly weights: ReadonlyMap<string, bigint>;
  readonly weighted: boolean;
}

/**
 * Read the list of public credentials.
 *
 * > a public credential by itself …, or … followed by a comma and the weight (§4.8).
 *
 * @throws {MalformedError} If one is not an element of the group, or stands there twice.
 */
export function readElectorate(bytes: Uint8Array, group: Group): Electorate {
  const list = readList(readJson(bytes, "public credentials"), "");
  if (list.length === 0) {
    throw new MalformedError("nobody may vote");
  }
  const weights = new Map<string, bigint>();
  let weighted = false;
  for (const [index, item] of list.entries()) {
    const at = `/${index}`;
    const [credential = "", weight, ...rest] = readText(item, at).split(",");
    group.decode(credential, at);
    if (rest.length > 0 || (weight !== undefined && !WEIGHT.test(weight))) {
      throw new MalformedError("not a public credential, or one with its weight", { at });
    }
    if (weights.has(credential)) {
      throw new MalformedError("this public credential is listed twice", { at });
    }
    weighted ||= weight !== undefined;
    weights.set(credential, BigInt(weight ?? "1"));
  }
  return { weights, weighted };
}
