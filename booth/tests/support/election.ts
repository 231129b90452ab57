/** An election of two questions, and a credential that has the form of one. */

import { writeJson } from "../../src/protocol/encoding.ts";
import { groupOf } from "../../src/protocol/group.ts";

export const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
export const CREDENTIAL = "abcde-FGHJKL-mnopq-23456Z";
const GROUP = groupOf("Ed25519", "");

export function electionOf(name: string): Uint8Array {
  return writeJson({
    version: 1,
    description: "",
    name,
    group: "Ed25519",
    public_key: GROUP.generator.power(7n).text,
    questions: [
      { answers: ["yes", "no", "blank"], min: 1, max: 1, question: "A bridge?" },
      { answers: ["A", "B", "C"], blank: true, min: 1, max: 2, question: "Which?" },
    ],
    uuid: "Psephos1Psephos1",
  });
}

export const ELECTION = electionOf("A vote");
