/** Where the vote is read, and where ballots go: boards, the one in whose log the record stands first; then relays. */

import type { Files } from "../flow/files.ts";
import type { Vote } from "../flow/model.ts";
import { readAnywhere } from "../flow/places.ts";
import { type Anchor, RefusedError } from "../flow/reading.ts";
import { filesAt } from "./network.ts";

/** Milliseconds that a board may take to say that another log has taken over, where the record came with the page. */
const GLANCE = 4000;

/** A place that shows a vote; without an address if it came with the page. */
interface Place {
  readonly files: Files;
  readonly address?: string;
}

export class Boards {
  /** What everything later is checked against; undefined before a vote was read. */
  anchor: Anchor | undefined;
  readonly #places: readonly Place[];
  readonly #relays: readonly string[];
  #addresses: readonly string[];

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
    return this.#take(await this.#look(pinned));
  }

  async #look(pinned: string | undefined): ReturnType<typeof readAnywhere> {
    return await readAnywhere(
      this.#places.map(({ files }) => files),
      pinned,
    );
  }

  #take({ vote, anchor, place }: Awaited<ReturnType<typeof readAnywhere>>): Vote {
    const first = this.#places[place]?.address;
    this.anchor = anchor;
    if (first !== undefined) {
      this.#addresses = [first, ...this.#addresses.filter((address) => address !== first)];
    }
    return vote;
  }

  /** The same vote, if another log has taken over meanwhile; undefined if not, or if there is no other board to ask. */
  async moved(): Promise<Vote | undefined> {
    const before = this.anchor?.charter;
    if (this.#addresses.length < 2 || before === undefined) {
      return undefined;
    }
    try {
      const found = await this.#look(before.fingerprint);
      // In the same log, what was seen first stays what everything later is compared with.
      return found.anchor.charter.terms.log.text === before.terms.log.text ? undefined : this.#take(found);
    } catch (error) {
      if (error instanceof RefusedError) {
        return undefined;
      }
      throw error;
    }
  }
}
