/** English: the text from which the others are translated. */

import both from "../../../src/psephos/result/text/en/both.json" with { type: "json" };
import type { Language } from "./language.ts";

export const en = {
  page: {
    skip: both.skip,
    language: both.language,
    leave: "Leave quickly",
    leaveHint: "Closes this page at once and forgets everything on it",
    notReviewed: both.not_reviewed,
    reviewedBy: both.reviewed_by,
    real: "Real vote",
    rehearsal: both.rehearsal,
    rehearsalNote: "This is a rehearsal. Whatever you do here does not count.",
    notVoted: "You have not voted yet",
    step: "Step {number} of {count}: {name}",
    back: "Back",
    next: "Continue",
    retry: "Try again",
    start: "To the beginning",
    keepsNothing:
      "This page keeps nothing on this device and asks nobody but the board and the observers of this vote.",
    qrCode: "QR code of {what}",
    time: "{weekday}, {day} {month} {year}, {hour}:{minute} ({zone})",
    chooseFile: both.choose_file,
    noFile: both.no_file,
    noScript: "This page needs JavaScript: your ballot is locked on your own device, before it leaves it.",
  },
  steps: {
    vote: "The vote",
    credential: "Credential",
    question: "Answer",
    review: "Review",
    decide: "Cast or test",
    record: "In the record",
  },
  reading: {
    title: "Checking this vote",
    body: "This page checks who holds this vote and whether the observers have countersigned the same record. This takes a moment.",
  },
  refused: {
    title: "This page refuses to go on",
    lead: "Do not type your credential, here or on any other page, until this is cleared up.",
    network:
      "The board of this vote cannot be reached. Nothing was proved, good or bad. Look at your connection and try again, or use another address of this vote.",
    quorum:
      "{have} of the {need} observers whose countersignatures are needed have signed what this board shows. Without them this page cannot know whether others are shown the same record. If the vote has just been set up, try again in a minute.",
    charter: "What this board shows first is not a charter that its organisers have signed.",
    other: "This is not the vote that this page was made for: the charter has another fingerprint.",
    tree: "The entries that this board shows are not those that the observers have countersigned. The board is damaged, or somebody is changing what you are shown.",
    setup: "The election on this board is not the one that its charter defines, or its keys do not hold.",
    acceptance: "Not all trustees and registrars have accepted this vote. It is not open.",
    definition: "What this board says the vote is about is not what its charter names, or not what the election asks.",
    standby:
      "This board is a reserve, and it does not show that the observers have decided that it goes on. Use the address that the observers name.",
    unsupported: "This vote needs something that this version of the page cannot check.",
    whatNow: "Tell the observers or the organisers what you see here, by another way than this page.",
    detail: "Exact message",
  },
  vote: {
    closes: "Voting is planned to end {time}.",
    opens: "Voting begins {time}. A ballot that comes earlier is not taken in.",
    over: "The latest time at which this vote could end has passed, by the clock of this device. If that clock is right, ballots are not counted any more.",
    closed:
      "Voting has ended: so says the record that the observers have countersigned. A ballot that comes now is not counted.",
    compare: "Compare with your letter",
    compareBody: "Your letter shows this fingerprint. If a single character differs, stop: this is another vote.",
    fingerprint: both.charter_fingerprint,
    begin: "Vote",
    checked: "What this page has checked",
    organisers: "{have} of {all} organisers have signed the charter; {need} had to.",
    observers: "{have} of {all} observers have countersigned the record; {need} had to.",
    trustees:
      "{all} trustees hold parts of the key. It takes {need} of them together to open anything, and they open only sums of many ballots.",
    accepted: "All trustees and registrars have accepted exactly this election.",
    follows: "What follows from the vote",
    binding: "The result is binding. On whom: {on}.",
    consultative: "The result is advice and binds nobody. Whom it advises: {on}.",
    definition: "Texts of both sides, and the fingerprint of the definition",
    yes: "Text in favour",
    no: "Text against",
    report: "Explanatory report",
    definitionFingerprint: "Fingerprint of the definition",
    ended: "The log {old} has ended. By the observers' decision, {log} goes on with the same record.",
    more: "Names and fingerprints",
    election: both.election_fingerprint,
    electionHint: "In every ballot. Other programs show it as {text}",
    log: both.board,
    trusteeNames: both.trustees,
    observerNames: "Observers who have countersigned",
    organiserNames: both.organisers,
    registrarNames: both.registrars,
    revote: "You may vote again until the end: the last ballot in the order of the record counts.",
    secrecy: "The record shows which credentials were used, and when. It does not show for what.",
    find: "Is my vote in?",
    handIn: "Hand in a ballot",
    check: "Check a test of another device",
  },
  credential: {
    title: "Your credential",
    lead: "Type it as it stands in your letter: four groups of characters, and after them the two check characters.",
    label: "Credential",
    first: "First half, from one registrar",
    second: "Second half, from the other registrar",
    hint: "Dashes and blanks do not matter; capital and small letters do. 0, O, I and l do not occur.",
    hide: "Hide what I type",
    privacy: "It stays in the memory of this page. It is never sent and never stored.",
    code: "Read the code of the letter instead",
    scan: "Use the camera",
    hold: "Hold the code before the camera. The picture stays on this device.",
    camera: "What the camera sees",
    picture: "Or choose a picture of the code",
    pictureWarning:
      "A picture of your credential is your credential: whoever gets it can vote in your place. Delete it, also where your device copies pictures to.",
    noCode: "No code was found. Try again with more light and less distance, or type it.",
    otherCode: "This code is not a credential. Letters may have more than one code.",
    incomplete: "These are {have} characters. A credential has {need}, or {all} with the two check characters.",
    character: "A character that cannot occur in a credential stands in group {group}.",
    group: "Mistyped: compare group {group} with your letter.",
    check: "Mistyped: the two check characters at the end do not fit.",
    swapped: "Mistyped: two characters are swapped, or more than one is wrong. Compare all groups with your letter.",
    keyboard: "This cannot be read. Is your keyboard set to another language? Set it to English and type again.",
    same: "The two halves are the same. Each registrar sent you another one.",
    notListed:
      "This credential is not listed in this vote. Is the letter for this vote? Have you given both halves, if you have two?",
    broken:
      "The part of this page that encrypts does not run in this browser. Your credential was not sent anywhere. Try again, or use another browser or device.",
    lost: "I have lost my credential",
    lostBody:
      "A lost credential is not replaced once voting has opened: whoever could replace it could vote in your place. Search where the letter or message came. Nobody can look it up for you, and anybody who asks you for it is not one of us.",
  },
  question: {
    title: "Your answer",
    pick: "Choose one.",
    pickMany: "Choose from {min} to {max}.",
    blank: "Blank vote",
    explanation: "What each answer would bring about",
    missing: "Choose an answer. If you want none, choose blank if it is offered.",
    tooMany: "Choose no more than {max}.",
  },
  review: {
    title: "Check your answer",
    lead: "This is what your ballot will say.",
    nothing: "None of the answers",
    confirm: "Yes, lock my ballot",
    change: "Change my answer",
    next: "Locking encrypts your ballot on this device. Nothing leaves it yet.",
  },
  encrypting: {
    title: "Locking your ballot",
    body: "Your ballot is being encrypted on this device.",
  },
  decide: {
    title: "Cast your ballot, or test this device?",
    lead: "Your ballot is locked and still on this device.",
    commitment: "Seal of the locked ballot",
    commitmentHint:
      "If you are going to test, write it down first: it proves later that this device did not change the ballot afterwards.",
    cast: "Cast my ballot",
    castBody: "It is signed and handed in. It counts.",
    challenge: "Test this device",
    challengeBody:
      "The ballot is opened so that another device can check whether it holds what you chose. An opened ballot can never be cast; you answer afresh afterwards.",
    challengeWarning:
      "A test shows the answer in this ballot to whoever sees it. For a test, go back and choose an answer made for it.",
    change: "Change my answer",
  },
  challenge: {
    title: "The ballot is open",
    lead: "It was opened for the test and can never be cast. You have not voted.",
    holds: "This device says that it holds",
    save: "Save the test file",
    how: "Bring the file to a device that you trust more. Open this page there and choose “{check}”, or use the command line:",
    warning:
      "Whoever has the file knows this answer, and can tell which ballots in the record are yours. Delete it after the test.",
    again: "Answer afresh",
  },
  signing: { title: "Signing your ballot", body: "Your ballot is being signed on this device." },
  sending: {
    title: "Handing in your ballot",
    body: "Attempt {attempt}. Handing in again is safe: the same ballot is counted once.",
  },
  unsent: {
    title: "Your ballot is not handed in yet",
    lead: "The ballot box cannot be reached. Your ballot is signed and ready, and nothing is lost: try as often as you like, the same ballot is counted once.",
    retrying: "This page tries again by itself when the network comes back.",
    stumbledTitle: "It is not certain that your ballot is handed in",
    stumbled:
      "This page met something that it did not expect, and stopped. Your ballot is signed and still here, and nothing is lost: try again as often as you like, the same ballot is counted once. If this stays, let the ballot travel another way.",
    elsewhere: "Or let it travel another way",
    elsewhereBody:
      "Save the ballot as a file, or scan the code. Anybody may hand it in until the end of voting, here under “{where}”. Nobody can read or change it.",
    later:
      "If you vote again in the meantime, do not let this one be handed in afterwards: the last one in the record counts.",
    save: "Save the ballot",
    qr: "Show the ballot as a code",
    ballot: "the ballot",
  },
  relayed: {
    title: "An observer holds your ballot",
    lead: "The board cannot be reached. {name} has received your ballot, and brings it to the record as soon as that is possible. It is not in the record yet.",
    stay: "This page asks again by itself, and tells you when it is. If you close it, look later with your tracker, on any device, whether your vote is in.",
    word: "The observer has signed that this ballot was received. Keep it if you may have to complain; whoever finds it learns that you voted.",
    save: "Save the observer’s word",
  },
  rejected: {
    title: "The ballot box did not take your ballot",
    turn: "The ballot box takes no ballots now: voting has not begun, or it is over. If it has not begun, come back after the opening. If it is over, nobody can change that; complaints go to the organisers and the observers.",
    listed:
      "The credential is not listed in this vote, or was changed on the way. Check that your letter is for this vote. If it is, tell the registrar and the observers before voting ends.",
    unfounded:
      "The ballot box says that the credential of this ballot is not listed. It is: this page has found it in the list that the organisers have signed. Save the ballot, have it handed in at another place, and tell the observers before voting ends.",
    often: "Ballots of this credential came too often. Your ballot is kept here. Try again {time}.",
    busy: "The ballot box is overloaded or takes nothing at the moment. Your ballot is kept here. Try again {time}.",
    other: "The ballot box gives another reason. Show it to the observers; they can say whether it is right.",
    receipt:
      "The ballot box answered, but its answer proves nothing: the receipt does not hold. Your ballot may or may not be in the record. Try again; if this stays, tell the observers.",
    reason: "Exact message",
    soon: "in a moment",
    at: "after {time}",
  },
  waiting: {
    title: "Taken in. Waiting for the observers",
    lead: "The ballot box has entered your ballot at place {place} of the record. {have} of the {need} observers needed have countersigned so far.",
    stay: "This page becomes final by itself, usually within seconds. Keep it open.",
    wrong:
      "What the board shows now is not what the log and the observers have signed. The page goes on looking. Save the receipt, and tell the observers what you see here.",
    slow: "This takes longer than usual. Save the receipt: with it, observers can find out what became of your ballot, and you can look again later with your tracker.",
  },
  done: {
    title: "Your ballot is in the record",
    lead: "Countersigned by {have} of {all} observers. Nobody can remove or change it unnoticed.",
    end: "You have voted. You can close this page.",
    tracker: "Your tracker",
    trackerHint:
      "With it you find your ballot in the record at any time, also on another device. It does not tell what you chose.",
    seal: "Seal of the cast ballot",
    sealHint: "The same as before casting.",
    sealBrought: "Compare it with the seal that was shown where this ballot was cast.",
    place: "Place in the record",
    revote:
      "You may vote again until the end: the last ballot in the order of the record counts. A ballot that you saved earlier and that is handed in later would replace this one.",
    receipt: "Save a receipt?",
    receiptBody:
      "A receipt proves that this ballot was taken in; a complaint needs it. It also shows to whoever finds it that you voted. It does not show for what. Your locked ballot is in it, and can be handed in again with it.",
    receiptSave: "Save the receipt",
    forget: "Close and forget everything",
  },
  contradiction: {
    title: "The board contradicts itself",
    lead: "It has signed two records that cannot both be true. This is a serious breach, and what you see here can prove it.",
    body: "Save the evidence and give it to the observers or the press: anybody can check it without trusting you, and it does not contain your answer.",
    save: "Save the evidence",
    voted: "If you have cast a ballot, keep this page open until you have saved it as well.",
    ballot: "Save the ballot",
  },
  fault: {
    title: "This device made a mistake",
    body: "It has made no ballot that holds. Nothing was sent. Try once more, or use another device.",
    detail: "Exact message",
  },
  handIn: {
    title: "Hand in a ballot",
    lead: "Somebody has cast a ballot without reaching the ballot box. You can hand it in; you cannot read or change it.",
    file: "Ballot, or a receipt of it, as a file",
    text: "Or paste the text of its code",
    send: "Hand in",
    bad: "There is no signed ballot of this vote in it.",
    missing: "Choose a file or paste the text.",
    note: "The last ballot of a credential in the order of the record counts. Do not hand in an old one after a newer one.",
  },
  brought: {
    note: "This ballot was cast elsewhere and brought here. If you did not cast it, it is not your vote.",
    sending: "Handing in the ballot",
    unsent: "The ballot is not handed in yet",
    unsentLead:
      "The ballot box cannot be reached. The ballot that was brought here is ready, and nothing is lost: try as often as you like, the same ballot is counted once.",
    relayed: "An observer holds the ballot",
    relayedLead:
      "The board cannot be reached. {name} has received the ballot that was brought here, and brings it to the record as soon as that is possible. It is not in the record yet.",
    relayedStay:
      "This page asks again by itself, and tells you when it is. If you close it, look later with the tracker, on any device, whether the ballot is in.",
    relayedWord:
      "The observer has signed that this ballot was received. Keep it for whoever cast the ballot; whoever finds it learns that this person voted.",
    rejected: "The ballot box did not take the ballot",
    waitingLead:
      "The ballot box has entered the ballot that was brought here at place {place} of the record. {have} of the {need} observers needed have countersigned so far.",
    done: "The ballot that was brought here is in the record",
    end: "It counts for whoever cast it. If that was not you, you have not voted with it.",
    tracker: "Tracker of this ballot",
    trackerHint: "Whoever cast the ballot finds it with this tracker in the record. It does not tell what was chosen.",
    receiptBody:
      "A receipt proves that this ballot was taken in; whoever cast it needs it for a complaint. It also shows to whoever finds it that this person voted. It does not show for what.",
  },
  find: {
    title: "Is my vote in?",
    lead: "This page fetches a small piece of the record that many ballots share, and looks on this device. Nobody learns which one you look for.",
    label: "Your tracker",
    source: "Where to look",
    board: "The board of this vote",
    ask: "Look",
    bad: "This is not a tracker. It has 13 groups of four characters.",
  },
  looking: { title: "Looking", body: "The record is being fetched and checked." },
  answer: {
    inTitle: "Yes, it is in the record",
    inBody: "At place {place}, countersigned by {have} of {all} observers.",
    later: "If you voted again later, the later ballot counts. This page does not look for it.",
    outTitle: "It was not found",
    outBody:
      "The lists of this place do not have it, up to place {size} of the record, which the observers have countersigned {time}.",
    outUndated:
      "The lists of this place do not have it, up to place {size} of the record, which the observers have countersigned. They do not say when.",
    outHint:
      "Was the ballot handed in less than a minute ago? Then look again. Otherwise look at another place, and hand the ballot in again: it is never counted twice.",
    unavailableTitle: "Nothing was found out",
    unavailableBody:
      "The place where you looked cannot be reached, or does not show all of the record. Try another one.",
    wrongBody:
      "What was fetched is not what the observers have countersigned. Try another place, and tell the observers.",
    again: "Look for another",
    complaint: "You have a receipt of it?",
    complaintBody:
      "If the record has another entry at the place that your receipt names, the board has broken its word, and this page makes a file that proves it to anybody. The file contains neither your answer nor your ballot.",
    receipt: "Receipt",
    make: "Compare with the record",
    noReceipt: "Choose the file of the receipt.",
    kept: "The board has kept its word: this ballot stands where its receipt says, in the record up to place {size}, which the observers have countersigned.",
    behind:
      "Nothing was compared. What the observers have countersigned here ends before place {place}, which this receipt names. Was the ballot handed in less than a minute ago? Then try again. Otherwise give the receipt to the observers: the board owes this place to the ballot.",
    unreached:
      "Nothing was compared. The board cannot be reached, or does not show all of the record. That says nothing about your ballot. Keep the receipt and try again.",
    otherLog:
      "Nothing was compared. This receipt is of the log {log}, and the record is in another one. Look for the ballot with its tracker, and hand it in again if it is not found: it is never counted twice.",
    invalid: "This file is not a receipt of a ballot of this vote, or it does not hold.",
  },
  check: {
    title: "Check a test of another device",
    lead: "Open the test file that the other device has made. Everything is checked here; nothing is sent.",
    file: "Test file",
    holds: "The ballot holds",
    compareSeal: "Does the other device show, from before it was opened, this seal?",
    compareElection: "And is this the fingerprint of the election?",
    good: "If both are the same, that device did what it was told this time.",
    failed: "This ballot does not hold what that device says",
    failedBody: "Do not vote with that device. Keep the file and show it to the observers.",
    bad: "This is not a test file",
    badBody: "It cannot be read, or belongs to another vote.",
    blank: "Blank vote",
  },
} as const;

export const english: Language = {
  code: "en",
  name: "English",
  direction: "ltr",
  numbers: "en",
  dates: "en-GB",
  months: "long",
  reviewer: "",
  text: en,
};
