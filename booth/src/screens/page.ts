/** The page around the screens: head, steps, foot; and which screen a state has. */

import { STEPS, type State } from "../flow/states.ts";
import type { Language } from "../text/language.ts";
import { LANGUAGES } from "../text/languages.ts";
import * as before from "./before.ts";
import * as beside from "./beside.ts";
import * as casting from "./casting.ts";
import * as choosing from "./choosing.ts";
import { type Child, defined, fill, h, svg } from "./dom.ts";
import type { Screen, View } from "./parts.ts";

const SCREENS: { readonly [state in State]: Screen } = {
  reading: before.reading,
  refused: before.refused,
  vote: before.vote,
  credential: before.credential,
  question: choosing.question,
  review: choosing.review,
  encrypting: choosing.encrypting,
  decide: choosing.decide,
  opening: choosing.opening,
  challenge: choosing.challenge,
  signing: choosing.signing,
  sending: casting.sending,
  unsent: casting.unsent,
  rejected: casting.rejected,
  relayed: casting.relayed,
  waiting: casting.waiting,
  done: casting.done,
  contradiction: casting.contradiction,
  fault: casting.fault,
  handIn: beside.handIn,
  find: beside.find,
  looking: beside.looking,
  answer: beside.answer,
  check: beside.check,
};

/** States in which a voter may think that she has voted, and has not. */
const NOT_YET: readonly State[] = [
  "question",
  "review",
  "encrypting",
  "decide",
  "opening",
  "challenge",
  "signing",
  "unsent",
  "relayed",
];

/** States with a ballot that was cast, here or elsewhere. */
const CAST = STEPS.at(-1) ?? [];

/** Draw everything anew. */
export function draw(root: HTMLElement, view: View, choose: (language: Language) => void): void {
  const { language, text, model } = view;
  document.documentElement.lang = language.code;
  document.documentElement.dir = language.direction;
  root.className = model.vote?.kind ?? "";
  root.replaceChildren(
    h("a", { class: "skip", href: "#main" }, text.page.skip),
    h("header", {}, head(view, choose), banner(view)),
    h(
      "main",
      { id: "main", tabindex: -1 },
      steps(view),
      ...notYet(view),
      h("div", { class: "screen" }, ...SCREENS[model.state](view)),
    ),
    foot(view),
  );
}

function head({ language, text, leave }: View, choose: (language: Language) => void): HTMLElement {
  const select = h(
    "select",
    {
      id: "language",
      onchange: (event) => {
        const wanted = LANGUAGES.find(({ code }) => code === (event.target as HTMLSelectElement).value);
        choose(wanted ?? language);
      },
    },
    ...LANGUAGES.map(({ code, name }) =>
      h("option", { value: code, lang: code, selected: code === language.code }, name),
    ),
  );
  return h(
    "div",
    { class: "head" },
    h("div", { class: "brand" }, pebbles(), h("span", { lang: "en", dir: "ltr", translate: "no" }, "Psephos")),
    h(
      "div",
      { class: "tools" },
      h("label", { for: "language", class: "hidden" }, text.page.language),
      select,
      h("button", { type: "button", class: "leave", onclick: leave, title: text.page.leaveHint }, text.page.leave),
    ),
  );
}

/** Two pebbles, one hollow and one whole: how jurors in Athens voted. */
function pebbles(): SVGElement {
  return svg(
    "svg",
    { viewBox: "0 0 40 24", class: "pebbles", "aria-hidden": "true" },
    svg("ellipse", { cx: 12, cy: 12, rx: 9.5, ry: 8, class: "hollow" }),
    svg("ellipse", { cx: 28, cy: 12, rx: 9.5, ry: 8, class: "whole" }),
  );
}

/** Real or rehearsal, unmistakably, on every screen. */
function banner({ model, text }: View): HTMLElement | undefined {
  if (model.vote === undefined) {
    return undefined;
  }
  return model.vote.kind === "rehearsal"
    ? h(
        "div",
        { class: "banner rehearsal" },
        h("strong", {}, text.page.rehearsal),
        " ",
        h("span", {}, text.page.rehearsalNote),
      )
    : h(
        "div",
        { class: "banner real" },
        h("strong", {}, text.page.real),
        " ",
        h("span", {}, ...defined(model.vote.title)),
      );
}

function steps({ model, language, text }: View): Child {
  const current = STEPS.findIndex((states) => states.includes(model.state));
  // Whoever hands in a ballot for somebody has taken none of the steps.
  if (current < 0 || (model.brought === true && CAST.includes(model.state))) {
    return undefined;
  }
  const names = [
    text.steps.vote,
    text.steps.credential,
    text.steps.question,
    text.steps.review,
    text.steps.decide,
    text.steps.record,
  ];
  const words = fill(language, text.page.step, {
    number: current + 1,
    count: STEPS.length,
    name: names[current] ?? "",
  });
  return h(
    "div",
    { class: "steps" },
    h("p", {}, ...words),
    h(
      "div",
      { class: "bar", "aria-hidden": "true" },
      ...STEPS.map((_, index) => h("span", { class: index < current ? "past" : index === current ? "now" : "" })),
    ),
  );
}

/** What a voter may take this for, and it is not: her own vote, or a vote that is over. */
function notYet({ model, text }: View): HTMLElement[] {
  if (model.brought === true && CAST.includes(model.state)) {
    return [h("p", { class: "not-yet" }, text.brought.note)];
  }
  return NOT_YET.includes(model.state) ? [h("p", { class: "not-yet" }, text.page.notVoted)] : [];
}

function foot({ language, text }: View): HTMLElement {
  const reviewed =
    language.reviewer === ""
      ? text.page.notReviewed
      : fill(language, text.page.reviewedBy, { reviewer: language.reviewer });
  return h("footer", {}, h("p", {}, text.page.keepsNothing), h("p", {}, language.name, " – ", ...[reviewed].flat()));
}
