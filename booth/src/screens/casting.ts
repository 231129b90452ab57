/** Screens after “cast”: from here on no screen knows what was chosen. */

import { type Text, timeIn } from "../text/language.ts";
import { type Child, fill, grouped, h, p, svg } from "./dom.ts";
import {
  actions,
  button,
  exact,
  labelled,
  more,
  note,
  qrCode,
  type Screen,
  said,
  seal,
  title,
  type View,
} from "./parts.ts";

/** Signs that a QR code of a size that can be scanned holds. */
const LARGEST_CODE = 2300;

/** What is said of the ballot: the voter's own, or one that was brought here, and with which she has not voted. */
function wordsOf({ model, text }: View): { readonly [name in keyof Text["brought"]]: string } {
  const { sending: handing, unsent: away, relayed: held, rejected: declined, waiting: taken, done: end } = text;
  return model.brought === true
    ? text.brought
    : {
        note: text.page.notVoted,
        sending: handing.title,
        unsent: away.title,
        unsentLead: away.lead,
        relayed: held.title,
        relayedLead: held.lead,
        relayedStay: held.stay,
        relayedWord: held.word,
        rejected: declined.title,
        waitingLead: taken.lead,
        done: end.title,
        end: end.end,
        tracker: end.tracker,
        trackerHint: end.trackerHint,
        receiptBody: end.receiptBody,
      };
}

export const sending: Screen = (view) => [
  title(wordsOf(view).sending),
  said(p(view.language, view.text.sending.body, { attempt: view.model.attempt ?? 1 })),
  h("div", { class: "busy", "aria-hidden": "true" }),
  // Where the network swallows what is sent, attempts take long: the ballot can leave by another way meanwhile.
  (view.model.attempt ?? 1) > 1 ? travel(view) : undefined,
];

/** The tracker, in groups and as a picture. */
function trackerOf(view: View): Child {
  const { model, language } = view;
  const tracker = model.tracker ?? "";
  const words = wordsOf(view);
  return h(
    "div",
    { class: "tracker" },
    labelled(words.tracker, grouped(tracker, "-"), fill(language, words.trackerHint, {})),
    qrCode(view, tracker, words.tracker),
  );
}

/** Ways for the signed ballot to leave this device without its network. */
function travel(view: View): Child {
  const { model, language, text, save } = view;
  const ballot = model.ballot ?? new Uint8Array();
  const content = model.packed ?? "";
  return [
    h("h2", {}, text.unsent.elsewhere),
    p(language, text.unsent.elsewhereBody, { where: text.vote.handIn }),
    actions(button(text.unsent.save, () => save("psephos-ballot.json", ballot), "secondary")),
    content === "" || content.length > LARGEST_CODE
      ? undefined
      : more(text.unsent.qr, qrCode(view, content, text.unsent.ballot)),
    p(language, text.unsent.later),
  ];
}

export const unsent: Screen = (view) => {
  const { model, language, text, send } = view;
  const { fault } = model;
  const words = wordsOf(view);
  return [
    ...(fault === undefined
      ? [title(words.unsent), note("warn", p(language, words.unsentLead), p(language, text.unsent.retrying))]
      : [
          title(text.unsent.stumbledTitle),
          note("warn", p(language, text.unsent.stumbled)),
          exact(text.fault.detail, fault),
        ]),
    actions(button(text.page.retry, () => send("retry"))),
    travel(view),
    trackerOf(view),
  ];
};

export const relayed: Screen = (view) => {
  const { model, language, text, send, save } = view;
  const { name = "", bytes = new Uint8Array() } = model.relayed ?? {};
  const words = wordsOf(view);
  return [
    title(words.relayed),
    said(note("warn", p(language, words.relayedLead, { name }))),
    p(language, words.relayedStay),
    actions(button(text.page.retry, () => send("retry"))),
    p(language, words.relayedWord),
    actions(button(text.relayed.save, () => save("psephos-relayed.note", bytes), "secondary")),
    travel(view),
    trackerOf(view),
  ];
};

export const rejected: Screen = (view) => {
  const { model, language, text, send } = view;
  const { reason, message, wait } = model.rejection ?? { reason: "other", message: "" };
  const when =
    wait === undefined
      ? text.rejected.soon
      : fill(language, text.rejected.at, { time: timeIn(language, Math.round(Date.now() / 1000) + wait) })
          .map((node) => node.textContent ?? "")
          .join("");
  return [
    title(wordsOf(view).rejected),
    note("stop", p(language, text.rejected[reason], { time: when })),
    message === "" ? undefined : exact(text.rejected.reason, message),
    actions(
      button(text.page.retry, () => send("retry")),
      button(text.page.start, () => send("begin"), "secondary"),
    ),
    travel(view),
    trackerOf(view),
  ];
};

export const waiting: Screen = (view) => {
  const { model, language, text } = view;
  const { place = 0, observers = { have: 0, need: 0, all: 0 } } = model.standing ?? {};
  const { doubt } = model;
  return [
    title(text.waiting.title),
    said(p(language, wordsOf(view).waitingLead, { place, ...observers })),
    h("progress", { max: Math.max(observers.need, 1), value: observers.have, "aria-label": text.waiting.title }),
    p(language, text.waiting.stay),
    doubt === undefined
      ? undefined
      : [said(note("stop", p(language, text.waiting.wrong))), exact(text.refused.detail, doubt)],
    trackerOf(view),
    model.slow === true ? said(note("warn", p(language, text.waiting.slow))) : undefined,
    model.slow === true || doubt !== undefined ? receipt(view) : undefined,
  ];
};

function receipt(view: View): Child {
  const { model, language, text, save } = view;
  const { place = 0, receipt: bytes = new Uint8Array() } = model.standing ?? {};
  return h(
    "section",
    { class: "receipt" },
    h("h2", {}, text.done.receipt),
    p(language, wordsOf(view).receiptBody),
    actions(button(text.done.receiptSave, () => save(`psephos-${place}.tlog-proof`, bytes), "secondary")),
  );
}

/** The only green tick of the page: whoever sees it has voted. */
function tick(): SVGElement {
  return svg(
    "svg",
    { class: "tick-mark", viewBox: "0 0 48 48", "aria-hidden": "true" },
    svg("circle", { cx: 24, cy: 24, r: 22 }),
    svg("path", { d: "M13 25l8 8 15-17" }),
  );
}

/** The seal as the ballot has it; that it is the one shown before was checked when it was signed. */
function sealOf({ model, language, text }: View): Child {
  const hint = model.brought === true ? text.done.sealBrought : text.done.sealHint;
  return model.seal === undefined ? undefined : labelled(text.done.seal, seal(model.seal), fill(language, hint, {}));
}

export const done: Screen = (view) => {
  const { model, language, text, leave } = view;
  const { place = 0, observers = { have: 0, need: 0, all: 0 } } = model.standing ?? {};
  const brought = model.brought === true;
  const words = wordsOf(view);
  return [
    brought ? title(words.done) : h("div", { class: "end" }, tick(), title(words.done)),
    p(language, text.done.lead, { ...observers }),
    h("p", { class: "strong" }, words.end),
    trackerOf(view),
    labelled(text.done.place, h("p", {}, ...fill(language, "{place}", { place }))),
    sealOf(view),
    p(language, brought ? text.handIn.note : text.done.revote),
    receipt(view),
    actions(button(text.done.forget, leave)),
  ];
};

export const contradiction: Screen = (view) => {
  const { model, language, text, send, save } = view;
  const { evidence, ballot } = model;
  return [
    title(text.contradiction.title),
    note("stop", p(language, text.contradiction.lead)),
    evidence === undefined
      ? undefined
      : [
          p(language, text.contradiction.body),
          actions(button(text.contradiction.save, () => save("psephos-evidence.json", evidence))),
        ],
    ballot === undefined
      ? undefined
      : [
          p(language, text.contradiction.voted),
          actions(button(text.contradiction.ballot, () => save("psephos-ballot.json", ballot), "secondary")),
        ],
    actions(button(text.page.retry, () => send("retry"), "secondary")),
  ];
};

export const fault: Screen = ({ model, language, text, send }) => [
  title(text.fault.title),
  note("stop", p(language, text.fault.body)),
  model.fault === undefined ? undefined : exact(text.fault.detail, model.fault),
  actions(button(text.page.start, () => send("retry"))),
];
