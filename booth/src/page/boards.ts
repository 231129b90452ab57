/** Where the vote is read, and where ballots go: boards, the one in whose log the record stands first; then relays. */

import type { Files } from "../flow/files.ts";
import type { Vote } from "../flow/model.ts";
import { type Read, readAnywhere, successor } from "../flow/places.ts";
import type { Anchor } from "../flow/reading.ts";
import { filesAt } from "./network.ts";

/** Milliseconds that a board may take to say that another log has taken over, where the record came with the page. */
const GLANCE = 4000;

/** A place that shows a vote; without an address if it came with the page. */
interface Place {
  readonly files: Files;
  readonly address?: string;
}

export class Boards {
  readonly #places: readonly Place[];
  readonly #relays: readonly string[];
  #addresses: readonly string[];
  #read: Read | undefined;

  /**
   * @param addresses - Of the boards.
   * @param relays - Of observers who take ballots in where no board can be reached.
   * @param embedded - A record that came with the page.
   */
  constructor(addresses: readonly string[], relays: readonly string[], embedded: Files | undefined) {
    const patience = embedded === undefined ? undefined : GLANCE;
    this.#places = [
      ...(embedded === undefined ? [] : [{ files: embedded }]),
      ...addresses.map((address) => ({ files: filesAt([address], patience), address })),
    ];
    this.#addresses = addresses;
    this.#relays = relays;
  }

  /** What everything later is checked against; undefined before a vote was read. */
  get anchor(): Anchor | undefined {
    return this.#read?.anchor;
  }

  /** The vote that was read, if one was. */
  get vote(): Vote | undefined {
    return this.#read?.vote;
  }

  /** What everything is checked against, where a vote was read before. */
  get anchored(): Anchor {
    if (this.anchor === undefined) {
      throw new Error("no vote was read");
    }
    return this.anchor;
  }

  /** The boards themselves, for what is newer than what was read. */
  get online(): Files {
    return filesAt(this.#addresses);
  }

  /** Who takes ballots in, in this order. */
  get takers(): readonly string[] {
    return [...this.#addresses, ...this.#relays];
  }

  /**
   * Read the vote.
   *
   * @param pinned - Fingerprint of the charter, if the page was made for one vote.
   * @throws {RefusedError} If it is shown nowhere, or does not hold.
   */
  async read(pinned: string | undefined): Promise<Vote> {
    return this.#take(await readAnywhere(this.#files, pinned));
  }

  /** The same vote, if another log has taken over meanwhile; undefined if no other board shows that one has. */
  async moved(): Promise<Vote | undefined> {
    const before = this.#read;
    const found = before === undefined ? undefined : await successor(this.#files, before);
    return found === undefined || found === before ? undefined : this.#take(found);
  }

  get #files(): readonly Files[] {
    return this.#places.map(({ files }) => files);
  }

  #take(read: Read): Vote {
    const first = this.#places[read.place]?.address;
    this.#read = read;
    if (first !== undefined) {
      this.#addresses = [first, ...this.#addresses.filter((address) => address !== first)];
    }
    return read.vote;
  }
}
