/** A whole referendum: voters vote in browsers, and what is counted and verified in the end is what they chose. */

import { expect, it } from "vitest";
import { english } from "../../src/text/en.ts";
import { persian } from "../../src/text/fa.ts";
import { House, PATIENCE } from "./house.ts";

const house = new House({ halves: true });

it(
  "what voters chose in the page is what trustees decrypt and everybody verifies",
  async () => {
    const choices = [0, 0, 1, 2];
    const trackers = new Set<string>();
    for (const [voter, answer] of choices.entries()) {
      const screens = await house.opened(voter % 2 === 0 ? persian : english, voter % 2 === 0 ? 320 : 1100);
      trackers.add(await screens.vote(house.letter(voter), answer));
    }
    // One tests her device with another answer first, and votes; another votes again: her last ballot counts.
    const tester = await house.opened(persian, 320);
    await tester.toDecision(house.letter(4), 0);
    await tester.press(tester.words.decide.challenge);
    await tester.at(tester.words.challenge.title);
    await tester.press(tester.words.challenge.again);
    await tester.choose(2);
    await tester.lock();
    await tester.press(tester.words.decide.cast);
    await tester.at(tester.words.done.title);
    trackers.add(await tester.tracker());
    trackers.add(await (await house.opened()).vote(house.letter(0), 1));
    expect(trackers.size).toBe(6);
    expect(await house.world.order("finish")).toEqual({ verdict: "verified", ballots: 6, result: [[1, 2, 2]] });
    const late = await house.opened();
    await late.toDecision(house.letter(5), 0);
    await late.press(english.text.decide.cast);
    await late.page.getByText(english.text.rejected.turn).waitFor();
  },
  PATIENCE * 2,
);
