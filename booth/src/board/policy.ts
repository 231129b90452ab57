/**
 * tlog-policy (c2sp.org/tlog-policy, text of 2026-07-22): whose signatures make a checkpoint good enough.
 *
 *     log <vkey> [<url>]
 *     witness <name> <vkey> [<url>]
 *     group <name> <k|any|all> <member>...
 *     quorum <name|none>
 *
 * > names must be handled as opaque octet strings: here a character is a byte.
 */

import { InvalidProofError, MalformedError, QuorumError } from "../errors.ts";
import type { SignedCheckpoint } from "./checkpoint.ts";
import { verifierOf } from "./cosignature.ts";
import {
  COSIGNATURE_ED25519,
  COSIGNATURE_ML_DSA_44,
  ED25519,
  pairOf,
  readUtf8,
  readVerifierKey,
  type SignatureLine,
  type VerifierKey,
  verifyNote,
} from "./note.ts";

const LARGEST_POLICY = 1_000_000;
const MOST_KEYS = 256;
const NONE = "none";
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/;
const THRESHOLD = /^[1-9][0-9]{0,2}$/;
const LOG_TYPES: readonly number[] = [ED25519, COSIGNATURE_ML_DSA_44];
const WITNESS_TYPES: readonly number[] = [COSIGNATURE_ED25519, COSIGNATURE_ML_DSA_44];

export interface Group {
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly string[];
}

export interface Policy {
  readonly logs: readonly VerifierKey[];
  readonly witnesses: ReadonlyMap<string, VerifierKey>;
  /** In an order in which each has only members that come before it. */
  readonly groups: readonly Group[];
  readonly quorum: string;
}

/** Whose signatures on a checkpoint hold. */
export interface Observed {
  readonly logs: readonly SignatureLine[];
  /** By the witness' name in the policy. */
  readonly cosignatures: ReadonlyMap<string, SignatureLine>;
}

/**
 * Read a policy file.
 *
 * @throws {MalformedError} If a line is not one of the four, or names something twice, too early or not at all.
 * @throws {UnsupportedError} If a key is of a type that we cannot check.
 */
export function readPolicy(bytes: Uint8Array): Policy {
  const lines = latin1(bytes).split("\n");
  if (bytes.length > LARGEST_POLICY || lines.pop() !== "") {
    throw new MalformedError("the policy is too large, or its last line has no newline");
  }
  const reading = new Reading();
  for (const [index, line] of lines.entries()) {
    const at = `line ${index + 1}`;
    if (CONTROL.test(line)) {
      throw new MalformedError("a control character", { at });
    }
    const words = line.split(/[ \t]+/).filter((word) => word !== "");
    if (words[0] !== undefined && !words[0].startsWith("#")) {
      reading.line(words, at);
    }
  }
  return reading.policy();
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return text;
}

/** A policy that is being read. */
class Reading {
  readonly #logs: VerifierKey[] = [];
  readonly #witnesses = new Map<string, VerifierKey>();
  readonly #groups: Group[] = [];
  readonly #keys = new Set<string>();
  readonly #defined = new Set<string>();
  readonly #members = new Set<string>();
  #quorum: string | undefined;

  line([kind, ...words]: readonly string[], at: string): void {
    const [first = "", second = "", ...rest] = words;
    if (kind === "log" && (words.length === 1 || words.length === 2)) {
      this.#logs.push(this.#key(first, LOG_TYPES, at));
    } else if (kind === "witness" && (words.length === 2 || words.length === 3)) {
      const key = this.#key(second, WITNESS_TYPES, at);
      this.#define(first, at);
      this.#witnesses.set(first, key);
    } else if (kind === "group" && words.length >= 3) {
      this.#group({ name: first, threshold: readThreshold(second, rest.length, at), members: rest }, at);
    } else if (kind === "quorum" && words.length === 1) {
      this.#setQuorum(first, at);
    } else {
      throw new MalformedError("not a log, a witness, a group or a quorum", { at });
    }
  }

  policy(): Policy {
    if (this.#quorum === undefined) {
      throw new MalformedError("the policy has no quorum line");
    }
    return { logs: this.#logs, witnesses: this.#witnesses, groups: this.#groups, quorum: this.#quorum };
  }

  #key(word: string, types: readonly number[], at: string): VerifierKey {
    const bytes = Uint8Array.from(word, (character) => character.charCodeAt(0));
    const key = readVerifierKey(readUtf8(bytes, at), at);
    if (!types.includes(key.type)) {
      throw new MalformedError(`a key of type ${key.type} has no place here`, { at });
    }
    // > Two vkeys are considered duplicate if they wrap the same underlying public key
    const marks = [`key ${key.publicKey.join()}`, `pair ${pairOf(key)}`];
    if (marks.some((mark) => this.#keys.has(mark)) || this.#keys.size >= 2 * MOST_KEYS) {
      throw new MalformedError("the key is listed already, or another of its name and ID, or too many keys", { at });
    }
    for (const mark of marks) {
      this.#keys.add(mark);
    }
    return key;
  }

  #group(group: Group, at: string): void {
    for (const member of group.members) {
      // > Each defined name can be listed as a group member at most once.
      if (!this.#defined.has(member) || this.#members.has(member)) {
        throw new MalformedError("a member that is not defined before, or is a member already", { at });
      }
      this.#members.add(member);
    }
    this.#define(group.name, at);
    this.#groups.push(group);
  }

  #define(name: string, at: string): void {
    if (name === NONE || this.#defined.has(name) || this.#defined.size >= 2 * MOST_KEYS) {
      throw new MalformedError("a name that is defined already, or too many names", { at });
    }
    this.#defined.add(name);
  }

  #setQuorum(name: string, at: string): void {
    if (this.#quorum !== undefined || (name !== NONE && !this.#defined.has(name))) {
      throw new MalformedError("a second quorum, or one that is not defined before", { at });
    }
    this.#quorum = name;
  }
}

function readThreshold(word: string, members: number, at: string): number {
  if (word === "any" || word === "all") {
    return word === "any" ? 1 : members;
  }
  const threshold = THRESHOLD.test(word) ? Number(word) : 0;
  if (threshold < 1 || threshold > members) {
    throw new MalformedError(`not a threshold among ${members}`, { at });
  }
  return threshold;
}

/**
 * Check that a checkpoint is a listed log's, and whatever else is signed by a key in the policy.
 *
 * Whether that is enough is another question: `verifyQuorum`.
 *
 * @throws {InvalidProofError} If no listed log with this origin has signed, or a signature of a key in the policy fails.
 */
export function verifyCheckpoint({ note, checkpoint }: SignedCheckpoint, policy: Policy): Observed {
  const verifiers = [...policy.logs, ...policy.witnesses.values()].map(verifierOf);
  const lines = new Map(verifyNote(note, verifiers).map((line) => [pairOf(line), line]));
  // > This name MUST correspond to the log's origin line.
  const logs = policy.logs
    .filter((key) => key.name === checkpoint.origin)
    .flatMap((key) => lines.get(pairOf(key)) ?? []);
  if (logs.length === 0) {
    throw new InvalidProofError("no log of the policy has signed this checkpoint");
  }
  const cosignatures = new Map<string, SignatureLine>();
  for (const [name, key] of policy.witnesses) {
    const line = lines.get(pairOf(key));
    if (line !== undefined) {
      cosignatures.set(name, line);
    }
  }
  return { logs, cosignatures };
}

/** How many members of the quorum's group have cosigned, and how many must. */
export function countQuorum(
  cosigned: Iterable<string>,
  policy: Policy,
): { readonly have: number; readonly need: number } {
  if (policy.quorum === NONE) {
    return { have: 0, need: 0 };
  }
  const satisfied = new Set([...cosigned].filter((name) => policy.witnesses.has(name)));
  let [have, need] = [satisfied.has(policy.quorum) ? 1 : 0, 1];
  for (const { name, threshold, members } of policy.groups) {
    const count = members.filter((member) => satisfied.has(member)).length;
    if (count >= threshold) {
      satisfied.add(name);
    }
    if (name === policy.quorum) {
      [have, need] = [count, threshold];
    }
  }
  return { have, need };
}

/**
 * Check that enough have cosigned.
 *
 * @throws {QuorumError} If they are too few.
 */
export function verifyQuorum(cosigned: Iterable<string>, policy: Policy): void {
  const { have, need } = countQuorum(cosigned, policy);
  if (have < need) {
    throw new QuorumError(`${have} have cosigned, and ${need} must`, { have, need });
  }
}
