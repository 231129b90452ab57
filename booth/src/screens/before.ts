/** Screens before the question: what this vote is, and the voter's credential. */

import { inGroups } from "../flow/tracker.ts";
import { readTyped, type Typed } from "../flow/typed.ts";
import { numberIn, timeIn } from "../text/language.ts";
import { ruleInWords } from "../text/rule_words.ts";
import { type Child, code, defined, fill, grouped, h, p } from "./dom.ts";
import {
  actions,
  button,
  exact,
  fileField,
  labelled,
  more,
  nameOf,
  note,
  type Screen,
  title,
  type View,
  voteOf,
} from "./parts.ts";

export const reading: Screen = ({ language, text }) => [
  title(text.reading.title),
  p(language, text.reading.body),
  h("div", { class: "busy", "aria-hidden": "true" }),
];

export const refused: Screen = ({ model, language, text, send }) => {
  const refusal = model.refusal ?? { reason: "network", message: "" };
  const { have = 0, need = 0 } = refusal.count ?? {};
  return [
    title(text.refused.title),
    note("stop", p(language, text.refused[refusal.reason], { have, need })),
    ...(refusal.reason === "network" ? [] : [p(language, text.refused.lead), p(language, text.refused.whatNow)]),
    refusal.message === "" ? undefined : exact(text.refused.detail, refusal.message),
    actions(button(text.page.retry, () => send("retry"))),
  ];
};

function times({ model, language, text }: View): Child {
  const vote = voteOf(model);
  const now = Date.now() / 1000;
  const over = now > vote.latestClose ? note("warn", p(language, text.vote.over)) : undefined;
  const opens = now < vote.opensAt ? p(language, text.vote.opens, { time: timeIn(language, vote.opensAt) }) : undefined;
  return [
    vote.closed ? note("stop", p(language, text.vote.closed)) : (over ?? opens),
    p(language, text.vote.closes, { time: timeIn(language, vote.closesAt) }),
  ];
}

export const vote: Screen = (view) => {
  const { model, language, text, send } = view;
  const { text: about, charter, definition } = voteOf(model);
  return [
    h("h1", { tabindex: -1 }, ...titleIn(view)),
    about === "" || definition !== undefined
      ? undefined
      : h("div", { class: "about" }, ...about.split("\n").map((line) => h("p", { dir: "auto" }, line))),
    follows(view),
    h("div", { class: "times" }, times(view)),
    h(
      "section",
      { class: "compare" },
      h("h2", {}, text.vote.compare),
      p(language, text.vote.compareBody),
      labelled(text.vote.fingerprint, grouped(inGroups(charter))),
    ),
    actions(button(text.vote.begin, () => send("begin"))),
    p(language, text.vote.revote),
    checked(view),
    p(language, text.vote.secrecy),
    h(
      "div",
      { class: "elsewhere" },
      button(text.vote.find, () => send("find"), "plain"),
      button(text.vote.handIn, () => send("handIn"), "plain"),
      button(text.vote.check, () => send("check"), "plain"),
    ),
  ];
};

function titleIn({ model, language }: View): Node[] {
  const read = voteOf(model);
  const name = nameOf(read, language);
  return read.definition === undefined ? defined(name, { apart: true }) : [h("bdi", { dir: "auto" }, name)];
}

/** What the definition says about what follows: on whom the result is binding, by which rule; and both sides' texts. */
function follows({ model, language, text }: View): Child {
  const { definition } = voteOf(model);
  if (definition === undefined) {
    return undefined;
  }
  const { effect, rule, documents, fingerprint } = definition;
  const words = text.vote;
  const on = effect?.on ?? "";
  const binding = effect?.binding === true ? words.binding : words.consultative;
  const lines = rule === undefined ? [] : ruleInWords(rule, language.code);
  const own = documents.filter((one) => one.language === "" || one.language.split("-")[0] === language.code);
  const shown = own.length > 0 ? own : documents;
  return h(
    "section",
    { class: "follows" },
    h("h2", {}, words.follows),
    effect === undefined ? undefined : p(language, binding, { on: on === "" ? "–" : on }),
    ...lines.map((line) => h("p", {}, line)),
    more(
      words.definition,
      ...shown.map((one) =>
        labelled(words[one.of], h("p", { dir: "auto" }, one.name), [
          h("span", { class: "line" }, code(one.sha256)),
          one.url === "" ? undefined : h("span", { class: "line" }, code(one.url)),
        ]),
      ),
      labelled(words.definitionFingerprint, grouped(inGroups(fingerprint))),
    ),
  );
}

function checked(view: View): Child {
  const { model, language, text } = view;
  const { organisers, observers, trustees, registrars, fingerprint, log, ended } = voteOf(model);
  const item = (words: string, values = {}): HTMLElement => h("li", {}, ...fill(language, words, values));
  const names = (label: string, list: readonly string[]): Child =>
    labelled(label, h("ul", { class: "names" }, ...list.map((one) => h("li", {}, h("bdi", { dir: "auto" }, one)))));
  const hex = hexOf(fingerprint);
  return h(
    "section",
    {},
    h("h2", {}, text.vote.checked),
    h(
      "ul",
      { class: "checks" },
      item(text.vote.organisers, organisers),
      item(text.vote.observers, observers),
      item(text.vote.trustees, trustees),
      item(text.vote.accepted),
      ended === undefined ? undefined : item(text.vote.ended, { old: ended, log }),
    ),
    more(
      text.vote.more,
      labelled(
        text.vote.election,
        grouped(inGroups(hex)),
        fill(language, text.vote.electionHint, { text: code(fingerprint) }),
      ),
      names(text.vote.organiserNames, organisers.names),
      names(text.vote.observerNames, observers.names),
      names(text.vote.trusteeNames, trustees.names),
      names(text.vote.registrarNames, registrars),
      labelled(text.vote.log, code(log)),
    ),
  );
}

/** A fingerprint in Belenios' base64 as hexadecimal. */
export function hexOf(base64: string): string {
  return [...atob(base64)].map((character) => character.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

/** What is wrong with a credential as it was typed, in words. */
export function explain({ language, text }: Pick<View, "language" | "text">, typed: Typed): string {
  const words = text.credential;
  const say = (sentence: string, values: { readonly [name: string]: number } = {}): string =>
    sentence.replace(/\{([a-z]+)\}/g, (_, name: string) => numberIn(language, values[name] ?? 0));
  switch (typed.kind) {
    case "incomplete":
      return say(words.incomplete, { have: typed.have, need: 22, all: 24 });
    case "character":
      return say(words.character, { group: typed.group });
    case "group":
      return typed.group > 4 ? words.check : say(words.group, { group: typed.group });
    case "swapped":
      return words.swapped;
    case "keyboard":
      return words.keyboard;
    case "credential":
      return "";
  }
}

export const credential: Screen = (view) => {
  const { model, text, language, send } = view;
  const words = text.credential;
  const labels = voteOf(model).registrars.length > 1 ? [words.first, words.second] : [words.label];
  const fields = labels.map((label, index) => field(label, `credential-${index}`, words.hint));
  const submit = submission(view, fields);
  const onsubmit = (event: Event): void => {
    event.preventDefault();
    void submit();
  };
  return [
    title(words.title),
    p(language, words.lead),
    h(
      "form",
      { novalidate: true, autocomplete: "off", onsubmit },
      ...fields.map(({ whole }) => whole),
      hiding(
        words.hide,
        fields.map(({ input }) => input),
      ),
      codeOf(
        view,
        fields.map(({ input }) => input),
      ),
      p(language, words.privacy),
      actions(
        h("button", { type: "submit", class: "primary" }, text.page.next),
        button(text.page.back, () => send("back"), "secondary"),
      ),
    ),
    more(words.lost, p(language, words.lostBody)),
  ];
};

/** The code of the letter in place of typing: by the camera, or from a picture. It fills the first empty field. */
function codeOf(view: View, inputs: readonly HTMLInputElement[]): HTMLElement {
  const { language, scan, readPicture, text } = view;
  const words = text.credential;
  const said = h("p", { class: "error", role: "alert" });
  const take = (found: string | undefined): void => {
    const typed = found === undefined ? undefined : readTyped(found);
    const free = inputs.find(({ value }) => value === "") ?? inputs[0];
    const fits = typed?.kind === "credential" && free !== undefined;
    said.textContent = fits ? "" : found === undefined ? words.noCode : words.otherCode;
    if (fits) {
      free.value = found ?? "";
      free.focus();
    }
  };
  const video = h("video", { class: "camera", "aria-label": words.camera }) as HTMLVideoElement;
  video.muted = true;
  video.playsInline = true;
  const stage = h("div", { "aria-live": "polite" });
  const look = async (): Promise<void> => {
    said.textContent = "";
    stage.replaceChildren(h("p", {}, words.hold), video);
    const found = await scan?.(video);
    const shown = video.isConnected;
    stage.replaceChildren();
    if (shown) {
      take(found);
    }
  };
  const picture = fileField(view, "credential-picture", { label: words.picture, accept: "image/*" });
  picture.input.addEventListener("change", () => {
    const [file] = picture.input.files ?? [];
    if (file !== undefined) {
      void readPicture(file).then(take);
    }
  });
  return more(
    words.code,
    scan === undefined ? undefined : actions(button(words.scan, () => void look(), "secondary")),
    stage,
    picture.whole,
    p(language, words.pictureWarning),
    said,
  );
}

/** A tick that hides what is typed. */
function hiding(label: string, inputs: readonly HTMLInputElement[]): HTMLElement {
  const hide = h("input", { type: "checkbox", id: "hide" }) as HTMLInputElement;
  hide.addEventListener("change", () => {
    for (const input of inputs) {
      input.type = hide.checked ? "password" : "text";
    }
  });
  return h("p", { class: "tick" }, hide, h("label", { for: "hide" }, label));
}

/** Takes in what was typed, once at a time, or says at its field what is wrong. */
function submission(view: View, fields: readonly Field[]): () => Promise<void> {
  let busy = false;
  return async () => {
    if (busy) {
      return;
    }
    busy = true;
    const inputs = fields.map(({ input }) => input);
    const problem = await take(view, inputs).catch(() => ({ index: 0, words: view.text.credential.broken }));
    busy = false;
    for (const [index, { input, error }] of fields.entries()) {
      const words = problem?.index === index ? problem.words : "";
      error.textContent = words;
      input.setAttribute("aria-invalid", String(words !== ""));
      if (words !== "") {
        input.focus();
      }
    }
    if (problem === undefined) {
      view.send("entered");
    }
  };
}

/** What is wrong, and at which field. */
interface Problem {
  readonly index: number;
  readonly words: string;
}

interface Field {
  readonly whole: HTMLElement;
  readonly input: HTMLInputElement;
  readonly error: HTMLElement;
}

function field(label: string, id: string, hint: string): Field {
  const input = h("input", {
    id,
    type: "text",
    dir: "ltr",
    class: "credential",
    autocomplete: "off",
    autocapitalize: "none",
    autocorrect: "off",
    spellcheck: "false",
    maxlength: 200,
    "aria-describedby": `${id}-hint ${id}-error`,
  }) as HTMLInputElement;
  const error = h("p", { id: `${id}-error`, class: "error", role: "alert" });
  const whole = h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    h("p", { class: "hint", id: `${id}-hint` }, hint),
    input,
    error,
  );
  return { whole, input, error };
}

async function take(view: View, inputs: readonly HTMLInputElement[]): Promise<Problem | undefined> {
  const halves: string[] = [];
  for (const [index, input] of inputs.entries()) {
    const typed = readTyped(input.value);
    if (typed.kind !== "credential") {
      return { index, words: explain(view, typed) };
    }
    halves.push(typed.text);
  }
  const problem = await view.enter(halves);
  if (problem === undefined) {
    for (const input of inputs) {
      input.value = "";
    }
    return undefined;
  }
  const words = view.text.credential;
  return { index: inputs.length - 1, words: problem === "same" ? words.same : words.notListed };
}
