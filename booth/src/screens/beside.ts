/** Screens beside the way: hand in a ballot for somebody, look for one's own, check another device's test. */

import type { Compared } from "../flow/complaint.ts";
import { inGroups, readTracker } from "../flow/tracker.ts";
import { timeIn } from "../text/language.ts";
import { hexOf } from "./before.ts";
import { type Child, code, defined, grouped, h, p } from "./dom.ts";
import {
  actions,
  button,
  exact,
  fileField,
  labelled,
  note,
  type Screen,
  said,
  seal,
  title,
  type View,
} from "./parts.ts";

const LARGEST_FILE = 1 << 20;

async function bytesOf(input: HTMLInputElement): Promise<Uint8Array | undefined> {
  const file = input.files?.[0];
  return file === undefined || file.size > LARGEST_FILE ? undefined : new Uint8Array(await file.arrayBuffer());
}

/** A form whose button is its first action. */
function form(submit: () => void | Promise<void>, ...children: Child[]): HTMLElement {
  const onsubmit = (event: Event): void => {
    event.preventDefault();
    void submit();
  };
  return h("form", { novalidate: true, autocomplete: "off", onsubmit }, ...children);
}

export const handIn: Screen = (view) => {
  const { language, text, send } = view;
  const { whole, input } = fileField(view, "ballot-file", {
    label: text.handIn.file,
    accept: ".json,.tlog-proof,.txt",
  });
  const area = h("textarea", { id: "ballot-text", dir: "ltr", rows: 4, spellcheck: "false" }) as HTMLTextAreaElement;
  const error = h("p", { class: "error", role: "alert" });
  const submit = async (): Promise<void> => {
    const kept = (await bytesOf(input)) ?? new TextEncoder().encode(area.value.trim());
    if (kept.length === 0) {
      error.textContent = text.handIn.missing;
      return;
    }
    const bytes = await view.ballotIn(kept);
    error.textContent = text.handIn.bad;
    if (bytes !== undefined) {
      send("loaded", { bytes });
    }
  };
  return [
    title(text.handIn.title),
    p(language, text.handIn.lead),
    form(
      submit,
      whole,
      h("div", { class: "field" }, h("label", { for: "ballot-text" }, text.handIn.text), area),
      error,
      p(language, text.handIn.note),
      actions(
        h("button", { type: "submit", class: "primary" }, text.handIn.send),
        button(text.page.back, () => send("back"), "secondary"),
      ),
    ),
  ];
};

export const find: Screen = ({ language, text, send, boards }) => {
  const area = h("textarea", {
    id: "tracker",
    dir: "ltr",
    rows: 2,
    spellcheck: "false",
    autocapitalize: "characters",
    "aria-describedby": "tracker-error",
  });
  const error = h("p", { class: "error", role: "alert", id: "tracker-error" });
  const select = h(
    "select",
    { id: "board" },
    ...boards.map((board, index) => h("option", { value: board, dir: "ltr" }, index === 0 ? text.find.board : board)),
  ) as HTMLSelectElement;
  const submit = (): void => {
    const fingerprint = readTracker((area as HTMLTextAreaElement).value);
    error.textContent = fingerprint === undefined ? text.find.bad : "";
    if (fingerprint === undefined) {
      area.focus();
    } else {
      send("asked", { fingerprint, board: select.value });
    }
  };
  return [
    title(text.find.title),
    p(language, text.find.lead),
    form(
      submit,
      h("div", { class: "field" }, h("label", { for: "tracker" }, text.find.label), area, error),
      boards.length > 1
        ? h("div", { class: "field" }, h("label", { for: "board" }, text.find.source), select)
        : undefined,
      actions(
        h("button", { type: "submit", class: "primary" }, text.find.ask),
        button(text.page.back, () => send("back"), "secondary"),
      ),
    ),
  ];
};

export const looking: Screen = ({ language, text }) => [
  title(text.looking.title),
  p(language, text.looking.body),
  h("div", { class: "busy", "aria-hidden": "true" }),
];

export const answer: Screen = (view) => {
  const { model, language, text, send } = view;
  const found = model.answer ?? { kind: "unavailable" };
  const words = text.answer;
  const shown: Child[] =
    found.kind === "in"
      ? [
          title(words.inTitle),
          p(language, words.inBody, { place: found.place, ...found.observers }),
          p(language, words.later),
        ]
      : found.kind === "out"
        ? [title(words.outTitle), note("warn", outWords(view, found)), p(language, words.outHint), complaint(view)]
        : [
            title(words.unavailableTitle),
            note("warn", p(language, found.kind === "wrong" ? words.wrongBody : words.unavailableBody)),
            found.kind === "wrong" ? exact(text.refused.detail, found.message) : undefined,
          ];
  return [
    ...shown,
    actions(
      button(words.again, () => send("again")),
      button(text.page.start, () => send("back"), "secondary"),
    ),
  ];
};

function outWords(
  { language, text }: View,
  { size, time }: { readonly size: number; readonly time: number },
): HTMLElement {
  return time === 0
    ? p(language, text.answer.outUndated, { size })
    : p(language, text.answer.outBody, { size, time: timeIn(language, time) });
}

function complaint(view: View): Child {
  const { text, compare, save, language } = view;
  const words = text.answer;
  const { whole, input } = fileField(view, "receipt-file", { label: words.receipt, accept: ".tlog-proof" });
  const result = h("div", { role: "alert" });
  const submit = async (): Promise<void> => {
    const receipt = await bytesOf(input);
    if (receipt === undefined) {
      result.replaceChildren(h("p", { class: "error" }, words.noReceipt));
      return;
    }
    const compared = await compare(receipt);
    result.replaceChildren(h("div", {}, ...comparedWords(view, compared)));
    if (compared.kind === "broken") {
      save("psephos-evidence.json", compared.evidence);
    }
  };
  return h(
    "section",
    {},
    h("h2", {}, words.complaint),
    p(language, words.complaintBody),
    form(submit, whole, result, actions(h("button", { type: "submit", class: "secondary" }, words.make))),
  );
}

/** What a comparison came to, in words. */
export function comparedWords({ language, text }: Pick<View, "language" | "text">, compared: Compared): Child[] {
  const words = text.answer;
  switch (compared.kind) {
    case "kept":
      return [note("info", p(language, words.kept, { size: compared.size }))];
    case "broken":
      return [note("stop", p(language, text.contradiction.lead)), p(language, text.contradiction.body)];
    case "behind":
      return [note("warn", p(language, words.behind, { place: compared.place }))];
    case "unreached":
      return [note("warn", p(language, words.unreached))];
    case "otherLog":
      return [note("warn", p(language, words.otherLog, { log: code(compared.log) }))];
    case "wrong":
      return [note("stop", p(language, words.wrongBody)), exact(text.refused.detail, compared.message)];
    case "invalid":
      return [note("warn", p(language, words.invalid)), exact(text.refused.detail, compared.message)];
  }
}

export const check: Screen = (view) => {
  const { language, text, send, examine } = view;
  const { whole, input } = fileField(view, "test-file", { label: text.check.file, accept: ".json" });
  input.addEventListener("change", () => {
    void bytesOf(input).then((bytes) => examine(bytes ?? new Uint8Array()));
  });
  return [
    title(text.check.title),
    p(language, text.check.lead),
    whole,
    ...checkedWords(view),
    actions(button(text.page.back, () => send("back"), "secondary")),
  ];
};

function checkedWords({ model, language, text }: View): readonly Child[] {
  const { checked } = model;
  if (checked === undefined) {
    return [];
  }
  if ("failed" in checked || "bad" in checked) {
    const failed = "failed" in checked;
    return [
      said(
        h("h2", {}, failed ? text.check.failed : text.check.bad),
        note("stop", p(language, failed ? text.check.failedBody : text.check.badBody)),
      ),
      exact(text.refused.detail, failed ? checked.failed : checked.bad),
    ];
  }
  const shown = checked.election.questions.map((question, index) => {
    const chosen = checked.chosen[index];
    const words = chosen === undefined ? [text.check.blank] : chosen.map((number) => question.answers[number] ?? "");
    const answers = words.length === 0 ? [text.review.nothing] : words;
    return h(
      "div",
      { class: "chosen" },
      h("p", { class: "asked" }, ...defined(question.question, { apart: true })),
      ...answers.map((word) => h("p", { class: "answer" }, ...defined(word))),
    );
  });
  return [
    said(h("h2", {}, text.check.holds)),
    h("div", { class: "review" }, ...shown),
    labelled(text.check.compareSeal, seal(checked.commitment)),
    labelled(text.check.compareElection, grouped(inGroups(hexOf(checked.election.fingerprint)))),
    p(language, text.check.good),
  ];
}
