/** The numbered checks (`docs/reference/checks.md`); a test compares this list with the page. */

export interface Check {
  readonly id: string;
  /** What must hold. */
  readonly title: string;
  readonly clause: string;
}

export const CHECKS: readonly Check[] = [
  {
    id: "V1",
    title: "every record of the archive is whole, in its one form, and hashes to its name",
    clause: "spec §4.4",
  },
  { id: "V2", title: "events form one hash chain, each with exactly the data it refers to", clause: "spec §4.4" },
  { id: "V3", title: "events come in the order of an election", clause: "reference 1.2" },
  { id: "V4", title: "the election is well-formed and its key is in the group", clause: "spec §4.9, §4.10" },
  { id: "V5", title: "the election is the one that the charter defines", clause: "design D2" },
  {
    id: "V6",
    title: "trustees' keys, certificates, coefficients, signatures and proofs of possession hold",
    clause: "spec §4.5-4.7",
  },
  { id: "V7", title: "the election's public key is the product of the trustees' keys", clause: "spec §3.1.1" },
  { id: "V8", title: "public credentials are distinct elements of the group", clause: "spec §4.8" },
  {
    id: "V9",
    title: "every ballot has the one form of this election's ballots, every element is in the group",
    clause: "spec §4.15",
  },
  { id: "V10", title: "every ballot's credential is listed", clause: "spec §3.2" },
  { id: "V11", title: "every ballot's hash and signature hold", clause: "spec §4.14, §4.15" },
  { id: "V12", title: "every ballot's proofs hold", clause: "spec §4.12, §4.13" },
  { id: "V13", title: "no ballot stands in the record twice", clause: "design D6" },
  {
    id: "V14",
    title: "the tally is the product of the last ballots, its number and weight are theirs",
    clause: "spec §4.16",
  },
  { id: "V15", title: "every partial decryption is by a trustee, once, and its proofs hold", clause: "spec §4.18" },
  { id: "V16", title: "enough trustees decrypted", clause: "spec §4.19" },
  { id: "V17", title: "the result is what the decrypted sums say", clause: "spec §4.19" },
  { id: "V18", title: "trustees' second proofs, which bind the factors to the record, hold", clause: "design D1" },
  { id: "V19", title: "the record extends the earlier copy", clause: "spec §3.5.1" },
  {
    id: "V20",
    title: "the registrars' list says of each credential in which region it counts, as the charter has it",
    clause: "design D8",
  },
  {
    id: "V21",
    title: "regional sums are those of the cells that follow from charter and turnout, and tell no sum of few ballots",
    clause: "design D8",
  },
  {
    id: "V22",
    title: "every trustee's decryption of the cells is of all of them, once, and its proofs hold",
    clause: "design D8",
  },
  { id: "V23", title: "regional counts are what the cells' sums say, and add up to the result", clause: "design D8" },
  {
    id: "V24",
    title: "the definition that the charter names is there, signed by as many organisers as the charter demands",
    clause: "design D7",
  },
  {
    id: "V25",
    title: "charter and election are what the definition says, wherever both say something",
    clause: "design D7",
  },
  {
    id: "V26",
    title: "what the linter finds in the definition is listed, with what was answered to it",
    clause: "design D7",
  },
  {
    id: "V27",
    title: "addenda change what the definition lets them change, and nothing else",
    clause: "design D7",
  },
  {
    id: "V28",
    title: "the outcome follows from the verified result under the definition's rule",
    clause: "design D7",
  },
];
