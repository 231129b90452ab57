/** French. */

import both from "../../../src/psephos/result/text/fr/both.json" with { type: "json" };
import type { Language, Text } from "./language.ts";

const text: Text = {
  page: {
    skip: both.skip,
    language: both.language,
    leave: "Quitter vite",
    leaveHint: "Ferme cette page à l’instant et oublie tout ce qu’elle contient",
    notReviewed: both.not_reviewed,
    reviewedBy: both.reviewed_by,
    real: "Vote réel",
    rehearsal: both.rehearsal,
    rehearsalNote: "Ceci est un essai. Rien de ce que vous faites ici ne compte.",
    notVoted: "Vous n’avez pas encore voté",
    step: "Étape {number} sur {count} : {name}",
    back: "Retour",
    next: "Continuer",
    retry: "Réessayer",
    start: "Revenir au début",
    keepsNothing:
      "Cette page ne garde rien sur cet appareil et n’interroge que le tableau et les observateurs de ce vote.",
    qrCode: "Code QR : {what}",
    time: "{weekday} {day} {month} {year} à {hour}:{minute} ({zone})",
    chooseFile: both.choose_file,
    noFile: both.no_file,
    noScript:
      "Cette page a besoin de JavaScript : votre bulletin est verrouillé sur votre propre appareil avant de le quitter.",
  },
  steps: {
    vote: "Le vote",
    credential: "Code de vote",
    question: "Réponse",
    review: "Relecture",
    decide: "Déposer ou tester",
    record: "Au registre",
  },
  reading: {
    title: "Vérification de ce vote",
    body: "Cette page vérifie qui organise ce vote et si les observateurs ont contresigné le même registre. Un instant.",
  },
  refused: {
    title: "Cette page refuse de continuer",
    lead: "Ne saisissez pas votre code de vote, ni ici ni sur une autre page, tant que la situation n’est pas éclaircie.",
    network:
      "Le tableau de ce vote est injoignable. Rien n’est prouvé, ni en bien ni en mal. Vérifiez votre connexion et réessayez, ou utilisez une autre adresse de ce vote.",
    quorum:
      "Sur les {need} observateurs dont la signature est nécessaire, {have} ont signé ce que montre ce tableau. Sans eux, cette page ne peut pas savoir si l’on montre le même registre aux autres. Si le vote vient d’être mis en place, réessayez dans une minute.",
    charter: "Ce que ce tableau montre en premier n’est pas une charte signée par ses organisateurs.",
    other: "Ce n’est pas le vote pour lequel cette page a été faite : l’empreinte de la charte est différente.",
    tree: "Les inscriptions que montre ce tableau ne sont pas celles que les observateurs ont contresignées. Le tableau est endommagé, ou quelqu’un modifie ce qui vous est montré.",
    setup: "L’élection de ce tableau n’est pas celle que définit sa charte, ou ses clés ne sont pas valables.",
    acceptance: "Les dépositaires et les agents d’inscription n’ont pas tous accepté ce vote. Il n’est pas ouvert.",
    definition:
      "Ce que ce tableau donne pour l’objet du vote n’est pas ce que sa charte nomme, ou pas ce que l’élection demande.",
    standby:
      "Ce tableau est une réserve, et il ne montre pas que les observateurs ont décidé qu’il prend le relais. Utilisez l’adresse que les observateurs indiquent.",
    unsupported: "Ce vote demande quelque chose que cette version de la page ne sait pas vérifier.",
    whatNow: "Dites aux observateurs ou aux organisateurs ce que vous voyez ici, par un autre moyen que cette page.",
    detail: "Message exact",
  },
  vote: {
    closes: "Fin prévue du vote : {time}.",
    opens: "Le vote commence {time}. Un bulletin qui arrive plus tôt n’est pas accepté.",
    over: "D’après l’horloge de cet appareil, la dernière heure possible de ce vote est passée. Si elle est juste, les bulletins ne comptent plus.",
    closed:
      "Le vote est fini : ainsi le dit le registre que les observateurs ont contresigné. Un bulletin qui arrive maintenant ne compte pas.",
    compare: "Comparez avec votre lettre",
    compareBody: "Votre lettre porte cette empreinte. Si un seul caractère diffère, arrêtez : c’est un autre vote.",
    fingerprint: both.charter_fingerprint,
    begin: "Voter",
    checked: "Ce que cette page a vérifié",
    organisers: "{have} organisateurs sur {all} ont signé la charte ; il en fallait {need}.",
    observers: "{have} observateurs sur {all} ont contresigné le registre ; il en fallait {need}.",
    trustees:
      "{all} dépositaires détiennent des parts de la clé. Il en faut {need} ensemble pour ouvrir quoi que ce soit, et ils n’ouvrent que des sommes de nombreux bulletins.",
    accepted: "Tous les dépositaires et agents d’inscription ont accepté exactement cette élection.",
    follows: "Ce qui suit du vote",
    binding: "Le résultat oblige. Qui : {on}.",
    consultative: "Le résultat est un avis et n’oblige personne. À qui il s’adresse : {on}.",
    definition: "Textes des deux camps, et empreinte de la définition",
    yes: "Texte pour",
    no: "Texte contre",
    report: "Rapport explicatif",
    definitionFingerprint: "Empreinte de la définition",
    ended: "Le journal {old} a pris fin. Par décision des observateurs, {log} continue le même registre.",
    more: "Noms et empreintes",
    election: both.election_fingerprint,
    electionHint: "Elle figure dans chaque bulletin. D’autres programmes l’affichent ainsi : {text}",
    log: both.board,
    trusteeNames: both.trustees,
    observerNames: "Observateurs qui ont contresigné",
    organiserNames: both.organisers,
    registrarNames: both.registrars,
    revote: "Vous pouvez voter de nouveau jusqu’à la fin : le dernier bulletin dans l’ordre du registre compte.",
    secrecy: "Le registre montre quels codes ont servi, et quand. Il ne montre pas pour quoi.",
    find: "Mon vote y est-il ?",
    handIn: "Remettre un bulletin",
    check: "Vérifier le test d’un autre appareil",
  },
  credential: {
    title: "Votre code de vote",
    lead: "Saisissez-le comme dans votre lettre : quatre groupes de caractères, puis les deux caractères de contrôle.",
    label: "Code de vote",
    first: "Première moitié, d’un agent d’inscription",
    second: "Seconde moitié, de l’autre agent d’inscription",
    hint: "Les tirets et les espaces ne comptent pas ; les majuscules et les minuscules, si. Il n’y a ni 0, ni O, ni I, ni l.",
    hide: "Cacher ce que je saisis",
    privacy: "Il reste dans la mémoire de cette page. Il n’est jamais envoyé ni enregistré.",
    code: "Lire plutôt le code QR de la lettre",
    scan: "Utiliser la caméra",
    hold: "Tenez le code devant la caméra. L’image reste sur cet appareil.",
    camera: "Ce que voit la caméra",
    picture: "Ou choisissez une photo du code",
    pictureWarning:
      "Une photo de votre code de vote est votre code de vote : qui l’obtient peut voter à votre place. Supprimez-la, aussi là où votre appareil copie les photos.",
    noCode: "Aucun code trouvé. Réessayez avec plus de lumière et de plus près, ou saisissez-le.",
    otherCode: "Ce n’est pas un code de vote. La lettre peut porter plusieurs codes.",
    incomplete: "Il y a {have} caractères. Un code en a {need}, ou {all} avec les deux caractères de contrôle.",
    character: "Le groupe {group} contient un caractère impossible dans un code.",
    group: "Faute de frappe : comparez le groupe {group} avec votre lettre.",
    check: "Faute de frappe : les deux caractères de contrôle à la fin ne correspondent pas.",
    swapped:
      "Faute de frappe : deux caractères sont inversés, ou plusieurs sont faux. Comparez tous les groupes avec votre lettre.",
    keyboard: "Illisible. Votre clavier est-il réglé sur une autre langue ? Réglez-le sur l’anglais et recommencez.",
    same: "Les deux moitiés sont identiques. Chaque agent d’inscription vous en a envoyé une différente.",
    notListed:
      "Ce code ne figure pas sur la liste de ce vote. La lettre est-elle pour ce vote ? Avez-vous donné les deux moitiés, si vous en avez deux ?",
    broken:
      "La partie de cette page qui chiffre ne fonctionne pas dans ce navigateur. Votre code n’a été envoyé nulle part. Réessayez, ou prenez un autre navigateur ou un autre appareil.",
    lost: "J’ai perdu mon code de vote",
    lostBody:
      "Un code perdu n’est pas remplacé une fois le vote ouvert : celui qui pourrait le remplacer pourrait voter à votre place. Cherchez là où la lettre ou le message est arrivé. Personne ne peut le retrouver pour vous, et quiconque vous le demande n’est pas des nôtres.",
  },
  question: {
    title: "Votre réponse",
    pick: "Choisissez une réponse.",
    pickMany: "Choisissez-en de {min} à {max}.",
    blank: "Vote blanc",
    explanation: "Ce que chaque réponse entraînerait",
    missing: "Choisissez une réponse. Si vous n’en voulez aucune, choisissez le vote blanc s’il est proposé.",
    tooMany: "N’en choisissez pas plus de {max}.",
  },
  review: {
    title: "Relisez votre réponse",
    lead: "Voici ce que dira votre bulletin.",
    nothing: "Aucune des réponses",
    confirm: "Oui, verrouiller mon bulletin",
    change: "Changer ma réponse",
    next: "Verrouiller chiffre votre bulletin sur cet appareil. Rien n’en sort encore.",
  },
  encrypting: {
    title: "Verrouillage de votre bulletin",
    body: "Votre bulletin est chiffré sur cet appareil.",
  },
  decide: {
    title: "Déposer votre bulletin, ou tester cet appareil ?",
    lead: "Votre bulletin est verrouillé et se trouve encore sur cet appareil.",
    commitment: "Sceau du bulletin verrouillé",
    commitmentHint:
      "Si vous allez tester, notez-le d’abord : il prouvera que cet appareil n’a pas changé le bulletin ensuite.",
    cast: "Déposer mon bulletin",
    castBody: "Il est signé et remis. Il compte.",
    challenge: "Tester cet appareil",
    challengeBody:
      "Le bulletin est ouvert pour qu’un autre appareil vérifie s’il contient ce que vous avez choisi. Un bulletin ouvert ne peut plus jamais être déposé ; vous répondez ensuite de nouveau.",
    challengeWarning:
      "Un test montre la réponse de ce bulletin à qui le voit. Pour un test, revenez en arrière et choisissez une réponse faite pour lui.",
    change: "Changer ma réponse",
  },
  challenge: {
    title: "Le bulletin est ouvert",
    lead: "Il a été ouvert pour le test et ne peut plus être déposé. Vous n’avez pas voté.",
    holds: "Cet appareil dit qu’il contient",
    save: "Enregistrer le fichier du test",
    how: "Portez le fichier sur un appareil en lequel vous avez plus confiance. Ouvrez-y cette page et choisissez « {check} », ou utilisez la ligne de commande :",
    warning:
      "Qui a ce fichier connaît cette réponse et peut savoir quels bulletins du registre sont les vôtres. Supprimez-le après le test.",
    again: "Répondre de nouveau",
  },
  signing: { title: "Signature de votre bulletin", body: "Votre bulletin est signé sur cet appareil." },
  sending: {
    title: "Remise de votre bulletin",
    body: "Essai {attempt}. Remettre plusieurs fois est sans danger : le même bulletin compte une fois.",
  },
  unsent: {
    title: "Votre bulletin n’est pas encore remis",
    lead: "L’urne est injoignable. Votre bulletin est signé et prêt, rien n’est perdu : essayez autant de fois que vous voulez, le même bulletin compte une fois.",
    retrying: "Cette page réessaie d’elle-même quand le réseau revient.",
    stumbledTitle: "Il n’est pas certain que votre bulletin soit remis",
    stumbled:
      "Cette page a rencontré quelque chose d’inattendu et s’est arrêtée. Votre bulletin est signé et toujours ici, rien n’est perdu : réessayez autant de fois que vous voulez, le même bulletin compte une fois. Si cela persiste, faites passer le bulletin par un autre chemin.",
    elsewhere: "Ou par un autre chemin",
    elsewhereBody:
      "Enregistrez le bulletin dans un fichier, ou scannez le code. N’importe qui peut le remettre jusqu’à la fin du vote, ici sous « {where} ». Personne ne peut le lire ni le changer.",
    later:
      "Si vous votez de nouveau entre-temps, ne laissez pas remettre celui-ci après : le dernier du registre compte.",
    save: "Enregistrer le bulletin",
    qr: "Montrer le bulletin sous forme de code",
    ballot: "le bulletin",
  },
  relayed: {
    title: "Un observateur garde votre bulletin",
    lead: "Le tableau est injoignable. {name} a reçu votre bulletin et le portera au registre dès que possible. Il n’y est pas encore.",
    stay: "Cette page redemande d’elle-même et vous le dira quand il y sera. Si vous la fermez, cherchez plus tard avec votre code de suivi, sur n’importe quel appareil, si votre vote y est.",
    word: "L’observateur a signé que ce bulletin a été reçu. Gardez cette attestation si vous pourriez avoir à vous plaindre ; qui la trouve apprend que vous avez voté.",
    save: "Enregistrer l’attestation",
  },
  rejected: {
    title: "L’urne n’a pas accepté votre bulletin",
    turn: "L’urne n’accepte pas de bulletin maintenant : le vote n’a pas commencé, ou il est fini. S’il n’a pas commencé, revenez après l’ouverture. S’il est fini, personne ne peut rien y changer ; les réclamations vont aux organisateurs et aux observateurs.",
    listed:
      "Le code ne figure pas sur la liste de ce vote, ou a été changé en route. Vérifiez que votre lettre est pour ce vote. Si oui, avertissez l’agent d’inscription et les observateurs avant la fin du vote.",
    unfounded:
      "L’urne dit que le code de ce bulletin ne figure pas sur la liste. Il y figure : cette page l’a trouvé sur la liste que les organisateurs ont signée. Enregistrez le bulletin, faites-le remettre ailleurs, et avertissez les observateurs avant la fin du vote.",
    often: "Trop de bulletins sont venus de ce code. Votre bulletin est gardé ici. Réessayez {time}.",
    busy: "L’urne est surchargée ou n’accepte rien pour l’instant. Votre bulletin est gardé ici. Réessayez {time}.",
    other: "L’urne donne une autre raison. Montrez-la aux observateurs ; ils peuvent dire si elle est juste.",
    receipt:
      "L’urne a répondu, mais sa réponse ne prouve rien : le reçu n’est pas valable. Votre bulletin est peut-être au registre, peut-être pas. Réessayez ; si cela persiste, avertissez les observateurs.",
    reason: "Message exact",
    soon: "dans un instant",
    at: "après {time}",
  },
  waiting: {
    title: "Accepté. En attente des observateurs",
    lead: "L’urne a inscrit votre bulletin à la place {place} du registre. Sur les {need} observateurs nécessaires, {have} ont contresigné jusqu’ici.",
    stay: "Cela devient définitif de soi-même, en quelques secondes d’habitude. Gardez la page ouverte.",
    wrong:
      "Ce que le tableau montre maintenant n’est pas ce que le journal et les observateurs ont signé. La page continue de chercher. Enregistrez le reçu, et dites aux observateurs ce que vous voyez ici.",
    slow: "Cela dure plus que d’habitude. Enregistrez le reçu : avec lui, les observateurs peuvent savoir ce qu’est devenu votre bulletin, et vous pourrez chercher plus tard avec votre code de suivi.",
  },
  done: {
    title: "Votre bulletin est au registre",
    lead: "Contresigné par {have} observateurs sur {all}. Personne ne peut l’enlever ou le changer sans que cela se voie.",
    end: "Vous avez voté. Vous pouvez fermer cette page.",
    tracker: "Votre code de suivi",
    trackerHint:
      "Avec lui, vous retrouvez votre bulletin au registre à tout moment, aussi sur un autre appareil. Il ne dit pas ce que vous avez choisi.",
    seal: "Sceau du bulletin déposé",
    sealHint: "Le même qu’avant le dépôt.",
    sealBrought: "Comparez-le avec le sceau qui fut montré là où ce bulletin a été déposé.",
    place: "Place au registre",
    revote:
      "Vous pouvez voter de nouveau jusqu’à la fin : le dernier bulletin dans l’ordre du registre compte. Un bulletin enregistré plus tôt et remis plus tard remplacerait celui-ci.",
    receipt: "Enregistrer un reçu ?",
    receiptBody:
      "Un reçu prouve que ce bulletin a été accepté ; une réclamation en a besoin. Il montre aussi à qui le trouve que vous avez voté. Il ne montre pas pour quoi. Votre bulletin verrouillé est dedans, et peut être remis de nouveau avec lui.",
    receiptSave: "Enregistrer le reçu",
    forget: "Fermer et tout oublier",
  },
  contradiction: {
    title: "Le tableau se contredit",
    lead: "Il a signé deux registres qui ne peuvent pas être vrais tous les deux. C’est un manquement grave, et ce que vous voyez ici peut le prouver.",
    body: "Enregistrez la preuve et donnez-la aux observateurs ou à la presse : chacun peut la vérifier sans vous croire sur parole, et elle ne contient pas votre réponse.",
    save: "Enregistrer la preuve",
    voted: "Si vous avez déposé un bulletin, gardez cette page ouverte jusqu’à ce que vous l’ayez enregistré aussi.",
    ballot: "Enregistrer le bulletin",
  },
  fault: {
    title: "Cet appareil s’est trompé",
    body: "Il n’a pas fait de bulletin valable. Rien n’a été envoyé. Essayez encore une fois, ou prenez un autre appareil.",
    detail: "Message exact",
  },
  handIn: {
    title: "Remettre un bulletin",
    lead: "Quelqu’un a déposé un bulletin sans atteindre l’urne. Vous pouvez le remettre ; vous ne pouvez ni le lire ni le changer.",
    file: "Bulletin, ou son reçu, en fichier",
    text: "Ou collez le texte de son code",
    send: "Remettre",
    bad: "Il n’y a pas là de bulletin signé de ce vote.",
    missing: "Choisissez un fichier ou collez le texte.",
    note: "Le dernier bulletin d’un code dans l’ordre du registre compte. Ne remettez pas un ancien après un plus récent.",
  },
  brought: {
    note: "Ce bulletin a été déposé ailleurs et apporté ici. Si ce n’est pas vous qui l’avez déposé, ce n’est pas votre vote.",
    sending: "Remise du bulletin",
    unsent: "Le bulletin n’est pas encore remis",
    unsentLead:
      "L’urne est injoignable. Le bulletin apporté ici est prêt, rien n’est perdu : essayez autant de fois que vous voulez, le même bulletin compte une fois.",
    relayed: "Un observateur garde le bulletin",
    relayedLead:
      "Le tableau est injoignable. {name} a reçu le bulletin apporté ici et le portera au registre dès que possible. Il n’y est pas encore.",
    relayedStay:
      "Cette page redemande d’elle-même et vous le dira quand il y sera. Si vous la fermez, cherchez plus tard avec le code de suivi, sur n’importe quel appareil, si le bulletin y est.",
    relayedWord:
      "L’observateur a signé que ce bulletin a été reçu. Gardez cette attestation pour la personne qui l’a déposé ; qui la trouve apprend que cette personne a voté.",
    rejected: "L’urne n’a pas accepté le bulletin",
    waitingLead:
      "L’urne a inscrit le bulletin apporté ici à la place {place} du registre. Sur les {need} observateurs nécessaires, {have} ont contresigné jusqu’ici.",
    done: "Le bulletin apporté ici est au registre",
    end: "Il compte pour la personne qui l’a déposé. Si ce n’est pas vous, vous n’avez pas voté avec lui.",
    tracker: "Code de suivi de ce bulletin",
    trackerHint:
      "La personne qui a déposé le bulletin le retrouve au registre avec ce code. Il ne dit pas ce qui a été choisi.",
    receiptBody:
      "Un reçu prouve que ce bulletin a été accepté ; la personne qui l’a déposé en a besoin pour une réclamation. Il montre aussi à qui le trouve que cette personne a voté. Il ne montre pas pour quoi.",
  },
  find: {
    title: "Mon vote y est-il ?",
    lead: "Cette page va chercher un petit morceau du registre, commun à beaucoup de bulletins, et cherche sur cet appareil. Personne n’apprend lequel vous cherchez.",
    label: "Votre code de suivi",
    source: "Où chercher",
    board: "Le tableau de ce vote",
    ask: "Chercher",
    bad: "Ce n’est pas un code de suivi. Il a 13 groupes de quatre caractères.",
  },
  looking: { title: "Recherche", body: "Le registre est lu et vérifié." },
  answer: {
    inTitle: "Oui, il est au registre",
    inBody: "À la place {place}, contresigné par {have} observateurs sur {all}.",
    later: "Si vous avez voté de nouveau plus tard, c’est ce bulletin-là qui compte. Cette page ne le cherche pas.",
    outTitle: "Il n’a pas été trouvé",
    outBody:
      "Les listes de cet endroit ne l’ont pas, jusqu’à la place {size} du registre, que les observateurs ont contresigné {time}.",
    outUndated:
      "Les listes de cet endroit ne l’ont pas, jusqu’à la place {size} du registre, que les observateurs ont contresigné. Ils ne disent pas quand.",
    outHint:
      "Le bulletin a-t-il été remis il y a moins d’une minute ? Alors cherchez encore. Sinon, cherchez ailleurs et remettez-le : il ne compte jamais deux fois.",
    unavailableTitle: "Rien n’a été appris",
    unavailableBody:
      "L’endroit où vous avez cherché est injoignable, ou ne montre pas tout le registre. Essayez ailleurs.",
    wrongBody:
      "Ce qui a été lu n’est pas ce que les observateurs ont contresigné. Essayez ailleurs, et avertissez-les.",
    again: "Chercher un autre bulletin",
    complaint: "Vous avez un reçu ?",
    complaintBody:
      "Si le registre a autre chose à la place que nomme votre reçu, le tableau a manqué à sa parole, et cette page fait un fichier qui le prouve à tous. Le fichier ne contient ni votre réponse ni votre bulletin.",
    receipt: "Reçu",
    make: "Comparer avec le registre",
    noReceipt: "Choisissez le fichier du reçu.",
    kept: "Le tableau a tenu parole : ce bulletin est là où le dit son reçu, dans le registre jusqu’à la place {size}, que les observateurs ont contresigné.",
    behind:
      "Rien n’a été comparé. Ce que les observateurs ont contresigné ici s’arrête avant la place {place}, que nomme ce reçu. Le bulletin a-t-il été remis il y a moins d’une minute ? Alors réessayez. Sinon, donnez le reçu aux observateurs : le tableau doit cette place au bulletin.",
    unreached:
      "Rien n’a été comparé. Le tableau est injoignable, ou ne montre pas tout le registre. Cela ne dit rien de votre bulletin. Gardez le reçu et réessayez.",
    otherLog:
      "Rien n’a été comparé. Ce reçu est du journal {log}, et le registre est dans un autre. Cherchez le bulletin avec son code de suivi, et remettez-le s’il n’est pas trouvé : il ne compte jamais deux fois.",
    invalid: "Ce fichier n’est pas le reçu d’un bulletin de ce vote, ou il n’est pas valable.",
  },
  check: {
    title: "Vérifier le test d’un autre appareil",
    lead: "Ouvrez le fichier de test que l’autre appareil a fait. Tout est vérifié ici ; rien n’est envoyé.",
    file: "Fichier du test",
    holds: "Le bulletin contient",
    compareSeal: "L’autre appareil a-t-il montré ce sceau avant d’ouvrir le bulletin ?",
    compareElection: "Et est-ce l’empreinte de l’élection ?",
    good: "Si les deux sont identiques, cet appareil a fait cette fois ce qu’on lui a dit.",
    failed: "Ce bulletin ne contient pas ce que dit cet appareil",
    failedBody: "Ne votez pas avec cet appareil. Gardez le fichier et montrez-le aux observateurs.",
    bad: "Ce n’est pas un fichier de test",
    badBody: "Il est illisible, ou d’un autre vote.",
    blank: "Vote blanc",
  },
};

export const french: Language = {
  code: "fr",
  name: "Français",
  direction: "ltr",
  numbers: "fr",
  dates: "fr",
  months: "long",
  reviewer: "",
  text,
};
