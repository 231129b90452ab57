/** Screens from the question to the decision: cast, or test this device. */

import type { Question } from "../protocol/election.ts";
import { type Child, code, fill, h, p } from "./dom.ts";
import {
  actions,
  asked,
  button,
  chosenWords,
  labelled,
  more,
  note,
  type Screen,
  seal,
  title,
  type View,
  voteOf,
} from "./parts.ts";

type Chosen = readonly number[] | "blank" | undefined;

export const question: Screen = (view) => {
  const { model, text, send } = view;
  const { questions } = voteOf(model);
  const error = h("p", { class: "error", role: "alert", id: "question-error" });
  const form = h(
    "form",
    {
      novalidate: true,
      autocomplete: "off",
      onsubmit: (event) => {
        event.preventDefault();
        const chosen = questions.map((one, index) => readChosen(form, one, index));
        const wrong = problemOf(view, questions, chosen);
        error.replaceChildren(...(wrong?.words ?? []));
        if (wrong === undefined) {
          send("chosen", { chosen });
        } else {
          form.querySelector<HTMLInputElement>(`input[name="q${wrong.index}"]`)?.focus();
        }
      },
    },
    ...questions.map((one, index) => fieldset(view, one, index)),
    error,
    actions(
      h("button", { type: "submit", class: "primary" }, text.page.next),
      button(text.page.back, () => send("back"), "secondary"),
    ),
  ) as HTMLFormElement;
  return [title(text.question.title), form];
};

/** Answers of one question: equal in size, in the order of the definition, and none chosen beforehand. */
function fieldset(view: View, one: Question, index: number): HTMLElement {
  const { model, language, text } = view;
  const { question: words, answers: labels, explanation } = asked(view, index);
  const single = one.max === 1 && one.min === 1;
  const before = model.chosen?.[index];
  const option = (value: string, label: Child): HTMLElement => {
    const id = `q${index}-${value}`;
    const checked = value === "blank" ? before === "blank" : Array.isArray(before) && before.includes(Number(value));
    const input = h("input", { type: single ? "radio" : "checkbox", name: `q${index}`, id, value, checked });
    return h("label", { class: "option", for: id }, input, h("span", {}, label));
  };
  const answers = labels.map((label, number) => option(String(number), label));
  const pick = single ? [text.question.pick] : fill(language, text.question.pickMany, { min: one.min, max: one.max });
  return h(
    "fieldset",
    { "aria-describedby": `pick-${index}` },
    h("legend", {}, ...words),
    explanation === ""
      ? undefined
      : more(text.question.explanation, ...explanation.split("\n").map((line) => h("p", { dir: "auto" }, line))),
    h("p", { class: "hint", id: `pick-${index}` }, ...pick),
    h("div", { class: "options" }, ...answers, one.blank ? option("blank", text.question.blank) : undefined),
  );
}

function readChosen(form: HTMLElement, one: Question, index: number): Chosen {
  const checked = [...form.querySelectorAll<HTMLInputElement>(`input[name="q${index}"]:checked`)];
  const values = checked.map(({ value }) => value);
  if (one.blank && values.includes("blank")) {
    return values.length === 1 ? "blank" : undefined;
  }
  return values.length === 0 && one.min > 0 ? undefined : values.map(Number);
}

function problemOf(
  { language, text }: View,
  questions: readonly Question[],
  chosen: readonly Chosen[],
): { readonly index: number; readonly words: readonly Node[] } | undefined {
  for (const [index, one] of questions.entries()) {
    const answer = chosen[index];
    if (answer === undefined || (answer !== "blank" && answer.length < one.min)) {
      return { index, words: fill(language, text.question.missing, {}) };
    }
    if (answer !== "blank" && answer.length > one.max) {
      return { index, words: fill(language, text.question.tooMany, { max: one.max }) };
    }
  }
  return undefined;
}

export const review: Screen = (view) => {
  const { language, text, send } = view;
  return [
    title(text.review.title),
    p(language, text.review.lead),
    h("div", { class: "review" }, ...chosenWords(view)),
    p(language, text.review.next),
    actions(
      button(text.review.confirm, () => send("confirmed")),
      button(text.review.change, () => send("back"), "secondary"),
    ),
  ];
};

function working(name: "encrypting" | "signing"): Screen {
  return ({ language, text }) => [
    title(text[name].title),
    p(language, text[name].body),
    h("div", { class: "busy", "aria-hidden": "true" }),
  ];
}

export const encrypting = working("encrypting");
export const signing = working("signing");

/** While a ballot is being opened nothing is new: it takes a moment. */
export const opening = working("encrypting");

export const decide: Screen = ({ model, language, text, send }) => [
  title(text.decide.title),
  p(language, text.decide.lead),
  labelled(text.decide.commitment, seal(model.commitment ?? ""), fill(language, text.decide.commitmentHint, {})),
  h(
    "div",
    { class: "choices" },
    h(
      "section",
      {},
      h("h2", {}, text.decide.cast),
      p(language, text.decide.castBody),
      actions(button(text.decide.cast, () => send("cast"))),
    ),
    h(
      "section",
      {},
      h("h2", {}, text.decide.challenge),
      p(language, text.decide.challengeBody),
      p(language, text.decide.challengeWarning),
      actions(button(text.decide.challenge, () => send("challenge"), "secondary")),
    ),
  ),
  actions(button(text.decide.change, () => send("back"), "plain")),
];

export const challenge: Screen = (view) => {
  const { model, language, text, send, save } = view;
  const file = model.challenge ?? new Uint8Array();
  return [
    title(text.challenge.title),
    note("warn", p(language, text.challenge.lead)),
    h("section", { class: "review" }, h("h2", {}, text.challenge.holds), ...chosenWords(view)),
    labelled(text.decide.commitment, seal(model.commitment ?? "")),
    p(language, text.challenge.how, { check: text.vote.check }),
    h("p", {}, code("psephos voter check-challenge psephos-test.json")),
    actions(button(text.challenge.save, () => save("psephos-test.json", file), "secondary")),
    p(language, text.challenge.warning),
    actions(button(text.challenge.again, () => send("again"))),
  ];
};
