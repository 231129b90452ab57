/**
 * The trust anchor: what the page reads and checks before it shows a question.
 *
 *     checkpoint   signed by the log, cosigned by the quorum that the charter names
 *     succession   if it is a standby log: the observers' decision that it goes on
 *     entries      from entry 0 on, each in the tree of that checkpoint, until the vote is open
 *     charter      signed by its organisers; its fingerprint is what the voter compares with her letter
 *     definition   if the charter names one: signed by the organisers, and what the election asks
 *     setup        signed by the organisers, defined by the charter, with the trustees' keys and proofs
 *     opening      everybody has accepted the setup; if the charter counts regions, the registrars have signed their list
 */

import { readSignedCheckpoint, type SignedCheckpoint } from "../board/checkpoint.ts";
import { quorumMoment } from "../board/moments.ts";
import { LARGEST_NOTE } from "../board/note.ts";
import { type Observed, type Policy, verifyCheckpoint, verifyQuorum } from "../board/policy.ts";
import { FULL } from "../board/tiles.ts";
import {
  InvalidProofError,
  MalformedError,
  PsephosError,
  QuorumError,
  UnavailableError,
  UnsupportedError,
} from "../errors.ts";
import { type BoardEntry, type Part, readBoardEntry, readKnownEntry } from "../record/board_entries.ts";
import { type Charter, readSignedCharter, termsUnder, verifyOrganisersNote } from "../record/charter.ts";
import {
  contentOf,
  readSetup,
  type Setup,
  type SetupParts,
  verifyAcceptance,
  verifyRegions,
} from "../record/opening.ts";
import { LARGEST_PLACES, readPlaces, SUCCESSION, verifyInForce } from "../record/succession.ts";
import { checkAsked, type Definition, definitionIn, definitionText, readDefinition } from "../referendum/definition.ts";
import { isOver } from "./closing.ts";
import type { Files } from "./files.ts";
import type { Count, Refusal, Vote } from "./model.ts";
import { Tree } from "./tree.ts";

const LARGEST_BLOB = 1 << 24;
/**
 * A longer list of credentials is not fetched, and one that does not come is done without: then the ballot box alone
 * tells whether a credential is listed.
 */
const LARGEST_LIST = 1 << 20;
const MOST_BUNDLES = 8n;
/** What is waited for, beside parties, before a vote with regions opens: a ballot that comes earlier has no effect. */
const REGION_LIST = "the region list";

/** Why the page goes no further. */
export class RefusedError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** A setup that everybody has accepted, and the definition that it belongs to, where the charter names one. */
interface Opened {
  readonly setup: Setup;
  readonly definition: Definition | undefined;
}

/** What everything later is checked against. */
export interface Anchor {
  readonly charter: Charter;
  readonly checkpoint: SignedCheckpoint;
  /** The tree of that checkpoint, read where the vote was read. */
  readonly tree: Tree;
}

/**
 * Read a vote and check it down to its keys.
 *
 * @param pinned - The charter's fingerprint, if the page was made for one vote.
 * @throws {RefusedError} If anything of it does not hold, or cannot be had.
 */
export async function readVote(
  files: Files,
  pinned?: string,
): Promise<{ readonly vote: Vote; readonly anchor: Anchor }> {
  const cosigned = await within("network", () => noteAt(files, "checkpoint"));
  const checkpoint = cosigned ?? (await within("network", () => noteAt(files, "checkpoint.latest")));
  if (checkpoint === undefined) {
    throw new RefusedError({ reason: "network", message: "there is no checkpoint" });
  }
  const reader = new Reader(files, checkpoint);
  const { charter: written, signed } = await within("charter", () => reader.charter());
  if (pinned !== undefined && written.fingerprint !== pinned) {
    throw new RefusedError({ reason: "other", message: `the charter has the fingerprint ${written.fingerprint}` });
  }
  const charter = await within("standby", () => reader.inForce(written, checkpoint.checkpoint.origin));
  const { receipts } = charter.terms;
  const observed = await within("tree", async () => verifyCheckpoint(checkpoint, receipts));
  const observers = countOf(observed, receipts);
  await within("quorum", async () => verifyQuorum(observed.cosignatures.keys(), receipts), observers);
  const opened = await reader.opening(charter);
  const moment = quorumMoment(observed, receipts);
  const closed = await within("tree", () => isOver(reader.tree, charter.terms, moment));
  const names = [...observed.cosignatures.keys()].map((name) => receipts.witnesses.get(name)?.name ?? name);
  return {
    vote: voteOf({ charter, ...opened }, { organisers: signed, observers: { ...observers, names }, closed }),
    anchor: { charter, checkpoint, tree: reader.tree },
  };
}

/** A checkpoint; undefined if there is none. */
export async function noteAt(files: Files, path: string): Promise<SignedCheckpoint | undefined> {
  const bytes = await files.get(path, { limit: LARGEST_NOTE });
  return bytes === undefined ? undefined : readSignedCheckpoint(bytes);
}

/** How many observers have cosigned, of how many, and how many must. */
export function countOf(observed: Observed, policy: Policy): Count {
  const group = policy.groups.find(({ name }) => name === policy.quorum);
  const need = group?.threshold ?? (policy.quorum === "none" ? 0 : 1);
  return { have: observed.cosignatures.size, need, all: policy.witnesses.size };
}

/** Whatever fails in here is a reason of that kind. */
async function within<T>(reason: Refusal["reason"], act: () => T | Promise<T>, count?: Count): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof RefusedError) {
      throw error;
    }
    const place = error instanceof PsephosError && error.at !== "" ? ` (${error.at})` : "";
    const message = `${error instanceof Error ? error.message : "unknown"}${place}`;
    if (error instanceof UnavailableError) {
      throw new RefusedError({ reason: "network", message });
    }
    if (error instanceof QuorumError && count !== undefined) {
      throw new RefusedError({ reason: "quorum", message, count });
    }
    throw new RefusedError({ reason: error instanceof UnsupportedError ? "unsupported" : reason, message });
  }
}

/** Reads entries in the log's order, each of which is in the tree of the checkpoint. */
class Reader {
  readonly tree: Tree;
  readonly #files: Files;

  constructor(files: Files, checkpoint: SignedCheckpoint) {
    this.#files = files;
    this.tree = new Tree(files, checkpoint.checkpoint.head);
  }

  async charter(): Promise<{ readonly charter: Charter; readonly signed: readonly string[] }> {
    const [first] = await this.tree.entries(0n, (entries) => entries.length > 0);
    if (first === undefined) {
      throw new UnavailableError("entry 0 is missing");
    }
    await within("tree", () => this.tree.verify(0n, first));
    const { kind, parts } = readBoardEntry(first);
    const [part] = parts;
    if (kind !== "Charter" || part === undefined) {
      throw new MalformedError("entry 0 is not a charter");
    }
    return readSignedCharter(await this.#content(part));
  }

  /**
   * The charter as it reads in this log: its own, or a standby log for which the observers have decided.
   *
   * @throws {MismatchError} If they have not.
   */
  async inForce(charter: Charter, origin: string): Promise<Charter> {
    const { terms } = charter;
    if (terms.log.name === origin) {
      return { ...charter, terms: termsUnder(terms, terms.log) };
    }
    const file = await this.#files.get(SUCCESSION, { limit: LARGEST_PLACES });
    const places = file === undefined ? [] : readPlaces(file).filter((place) => place < this.tree.head.size);
    const entries = [];
    for (const place of places) {
      const root = await this.tree.rootAt(place);
      await this.tree.verifyContinues({ size: place, root });
      entries.push({ place, entry: await this.tree.entry(place), root });
    }
    return { ...charter, terms: termsUnder(terms, verifyInForce(terms, entries, origin)) };
  }

  /**
   * The first setup that holds, when nothing is waited for any more.
   *
   * Entries that do not hold have no effect (docs/reference/entries.md): they are passed over, as observers do.
   */
  async opening(charter: Charter): Promise<Opened> {
    const { named } = definitionIn(charter.text);
    let definition: Definition | undefined;
    let setup: Setup | undefined;
    let why = new RefusedError({ reason: "setup", message: "there is no setup" });
    let waiting = new Set<string>();
    for await (const entry of this.#entries()) {
      const waits = named !== undefined && definition === undefined;
      if (entry.kind === "Definition" && waits && setup === undefined) {
        definition = await this.#definition(entry, charter, named);
      } else if (entry.kind === "Setup" && setup === undefined && !waits) {
        try {
          setup = await this.#setup(entry, charter);
          waiting = new Set([...setup.parties.keys(), ...(charter.regions ? [REGION_LIST] : [])]);
        } catch (error) {
          why = error instanceof RefusedError ? error : why;
          if (why.refusal.reason === "network" || why.refusal.reason === "unsupported") {
            throw why;
          }
        }
      } else if (setup !== undefined) {
        takeOff(waiting, entry, setup);
        if (waiting.size === 0) {
          const opened = { setup, definition };
          await within("definition", () => checkDefined(opened, charter));
          return opened;
        }
      }
    }
    if (named !== undefined && definition === undefined) {
      throw new RefusedError({ reason: "definition", message: `there is no definition ${named}` });
    }
    if (setup === undefined) {
      throw why;
    }
    throw new RefusedError({ reason: "acceptance", message: `waiting for ${[...waiting].join(", ")}` });
  }

  /** The definition that the charter names; undefined if the entry has no effect. */
  async #definition(entry: BoardEntry, charter: Charter, named: string): Promise<Definition | undefined> {
    const [part, note] = entry.parts;
    if (part?.digest !== named || note?.content === undefined) {
      return undefined;
    }
    try {
      if (verifyOrganisersNote(note.content, charter.terms).text !== definitionText(named)) {
        return undefined;
      }
    } catch (error) {
      if (error instanceof PsephosError) {
        return undefined;
      }
      throw error;
    }
    return await within("definition", async () => readDefinition(await this.#content(part)));
  }

  async #setup(entry: BoardEntry, charter: Charter): Promise<Setup> {
    const [election, trustees, credentials, data, note] = entry.parts;
    if (!(election && trustees && credentials && data && note)) {
      throw new MalformedError("a setup without its parts");
    }
    const list = credentials.size > LARGEST_LIST ? undefined : await within("setup", () => this.#list(credentials));
    const parts = await within(
      "setup",
      async (): Promise<SetupParts> => ({
        election: await this.#content(election),
        trustees: await this.#content(trustees),
        credentials: { digest: credentials.digest, content: list },
        data: await this.#content(data),
        note: await this.#content(note),
      }),
    );
    return await within("setup", () => readSetup(parts, charter));
  }

  /** The list of credentials; undefined if it does not come. */
  async #list(part: Part): Promise<Uint8Array | undefined> {
    try {
      return await this.#content(part);
    } catch (error) {
      if (!(error instanceof UnavailableError)) {
        throw error;
      }
      return undefined;
    }
  }

  async *#entries(): AsyncGenerator<BoardEntry> {
    const { size } = this.tree.head;
    for (let bundle = 0n; bundle * BigInt(FULL) < size && bundle < MOST_BUNDLES; bundle++) {
      let seen = 0;
      // Ballots come after the opening: when one is there, so is what is looked for, and the rest can be left.
      for (const enough of [hasBallot, undefined]) {
        const entries = await within("network", () => this.tree.entries(bundle, enough));
        for (; seen < entries.length; seen++) {
          const entry = entries[seen] ?? new Uint8Array();
          const index = bundle * BigInt(FULL) + BigInt(seen);
          await within("tree", () => this.tree.verify(index, entry));
          const read = readKnownEntry(entry);
          if (read !== undefined) {
            yield read;
          }
        }
        const whole = size - bundle * BigInt(FULL);
        if (BigInt(seen) === (whole < BigInt(FULL) ? whole : BigInt(FULL))) {
          break;
        }
      }
    }
  }

  async #content(part: Part): Promise<Uint8Array> {
    if (part.content !== undefined) {
      return part.content;
    }
    if (part.size > LARGEST_BLOB) {
      throw new UnavailableError(`an object of ${part.size} bytes is too large`);
    }
    const blob = await this.#files.get(`blob/${part.digest}`, { limit: part.size });
    if (blob === undefined) {
      throw new UnavailableError("an object is missing", { at: `blob/${part.digest}` });
    }
    return contentOf(part, blob);
  }
}

function hasBallot(entries: readonly Uint8Array[]): boolean {
  return entries.some((entry) => readKnownEntry(entry)?.kind === "Ballot");
}

/** Take off what is waited for what an entry brings: an acceptance, or the region list. */
function takeOff(waiting: Set<string>, entry: BoardEntry, setup: Setup): void {
  try {
    if (entry.kind === "Acceptance") {
      waiting.delete(verifyAcceptance(entry.parts[0]?.content ?? new Uint8Array(), setup));
    } else if (entry.kind === "Regions" && waiting.has(REGION_LIST)) {
      verifyRegions(entry.parts, setup);
      waiting.delete(REGION_LIST);
    }
  } catch (error) {
    if (!(error instanceof PsephosError)) {
      throw error;
    }
  }
}

function checkDefined({ setup, definition }: Opened, charter: Charter): void {
  if (definition !== undefined) {
    checkAsked(definition, { rehearsal: charter.kind === "rehearsal" }, setup.election.questions);
  }
}

function voteOf(
  { charter, setup, definition }: Opened & { readonly charter: Charter },
  {
    organisers,
    observers,
    closed,
  }: { readonly organisers: readonly string[]; readonly observers: Vote["observers"]; readonly closed: boolean },
): Vote {
  const { terms } = charter;
  const { questions, fingerprint } = setup.election;
  if (questions.length === 0) {
    throw new InvalidProofError("an election without questions");
  }
  return {
    kind: charter.kind,
    title: charter.title,
    text: definitionIn(charter.text).text,
    definition,
    questions,
    charter: charter.fingerprint,
    election: setup.received,
    fingerprint,
    log: terms.log.name,
    ended: terms.logs[0]?.name === terms.log.name ? undefined : terms.logs[0]?.name,
    organisers: {
      have: organisers.length,
      need: terms.organisersNeeded,
      all: terms.organisers.length,
      names: organisers,
    },
    observers,
    trustees: {
      have: charter.trustees.length,
      need: charter.threshold,
      all: charter.trustees.length,
      names: charter.trustees,
    },
    registrars: charter.registrars.map(({ name }) => name),
    opensAt: terms.opensAt,
    closesAt: terms.closesAt,
    latestClose: terms.latestClose,
    closed,
    listed: setup.listed,
  };
}
