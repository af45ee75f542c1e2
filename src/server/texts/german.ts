import type { ServerTexts } from "./server-texts.js";

/** German, in the words of docs/UI-WORDS.md. */
export const german: ServerTexts = {
  refusals: {
    "too-old":
      "Laut dem Datum in der Signatur wurde sie vor mehr als sieben Tagen verschlüsselt. Wenn Sie sie gerade erst verschlüsselt haben, geht die Uhr Ihres Computers falsch: Stellen Sie sie richtig und senden Sie die Nachricht noch einmal.",
    "from-the-future":
      "Das Datum in der Signatur liegt mehr als zehn Minuten vor der Uhr des Servers. Vergleichen Sie die Uhrzeit unten mit der Ihres Computers. Wenn Ihre falsch ist, stellen Sie sie richtig und senden Sie die Nachricht noch einmal. Wenn die des Servers falsch ist, sagen Sie dem Verwalter der Liste Bescheid und senden Sie die Nachricht noch einmal, sobald sie stimmt.",
    replayed: "Die Liste hat diese Nachricht schon einmal weitergegeben, unter einer anderen Message-ID.",
    "message-id-reused":
      "Eine andere Nachricht von Ihnen hat dieselbe Message-ID. Schreiben Sie sie als neue Nachricht und senden Sie sie noch einmal.",
    "binding-missing":
      "Aus der Signatur geht nicht hervor, für welche Liste und welche Nachricht sie gilt. Verschlüsseln Sie mit dem Add-on ListSeal oder mit dem Skript, das ListSeal für GnuPG bereitstellt.",
    "binding-mismatch":
      "Die Nachricht wurde unterwegs verändert: Sie ist nicht das, was Sie signiert haben. Senden Sie sie noch einmal.",
    "not-allowed":
      "Sie dürfen in dieser Liste mitlesen, aber nicht an sie schreiben. Ein Verwalter der Liste kann das ändern.",
    "malformed-key-packet":
      "Das Schlüsselpaket hat nicht die Form, die die Liste verlangt. Aktualisieren Sie Ihre Software und verschlüsseln Sie die Nachricht neu.",
    "unsupported-version":
      "Sie wurde mit einer neueren Version von ListSeal verschlüsselt, als der Server der Liste unterstützt. Sagen Sie dem Verwalter der Liste, dass der Server aktualisiert werden muss.",
  },
  otherRefusal: "Sie hat die Prüfungen der Liste nicht bestanden.",
  refusedPost: (list, reason, clock) => ({
    subject: "Ihre Nachricht wurde nicht angenommen",
    paragraphs: [
      `Die Liste ${list} hat eine Nachricht nicht angenommen, die mit Ihrem Schlüssel signiert war.`,
      reason,
      `Die Uhr des Servers zeigt ${clock} UTC.`,
      "Wenn Sie nichts gesendet haben, sendet jemand eine abgefangene Nachricht von Ihnen noch einmal. Lesen kann er sie nicht, und niemand erhält sie. Sie bekommen diese Mitteilung höchstens einmal pro Stunde.",
    ],
  }),
  formerKey: (list) => ({
    paragraphs: [
      `Eine Nachricht von Ihnen an die Liste ${list} war für einen Listenschlüssel verschlüsselt, der nicht mehr verwendet wird. Noch hat sie niemand erhalten.`,
      "Mit ListSeal brauchen Sie nichts zu tun: Es verschlüsselt die Nachricht für den neuen Listenschlüssel und sendet sie noch einmal, und es sagt Ihnen, wenn das nicht möglich ist.",
      "Nur mit GnuPG: Nehmen Sie den neuen Listenschlüssel aus der Mitteilung, die Ihnen ein Verwalter der Liste gesendet hat (fragen Sie einen Verwalter, wenn Sie sie nicht haben), verschlüsseln Sie die Nachricht neu und senden Sie sie.",
      "Wenn Sie nichts gesendet haben, sendet jemand eine abgefangene Nachricht von Ihnen noch einmal. Lesen kann er sie nicht, und niemand erhält sie. Sie bekommen diese E-Mail einmal für jede Nachricht.",
    ],
  }),
  noUsableKey: (list) => ({
    subject: "Ihr Schlüssel kann nicht mehr verwendet werden",
    paragraphs: [
      `Nachrichten der Liste ${list} können nicht mehr für Sie verschlüsselt werden: Ihr Schlüssel in der Liste ist abgelaufen, wurde widerrufen oder gehört zu einer Art, die nicht mehr sicher ist.`,
      "Unverschlüsselt wird Ihnen nichts gesendet. Sie erhalten also keine Nachrichten, bis Sie einen gültigen Schlüssel in der Liste haben. Verlängern Sie Ihren Schlüssel im Add-on ListSeal oder fragen Sie den Verwalter der Liste. Nachrichten, die nicht für Sie verschlüsselt werden konnten, bewahrt der Betreiber des Servers eine Weile auf.",
    ],
  }),
  copiesPaused: (list) => ({
    subject: "Die Zustellung an Sie ist pausiert",
    paragraphs: [
      `Nachrichten der Liste ${list} an diese Adresse waren an mehreren Tagen unzustellbar. Die Liste hat deshalb die Zustellung an Sie pausiert. Da Sie dies lesen können, hatte Ihr Mailserver entweder eine Störung, die vorbei ist, oder er weist verschlüsselte Nachrichten ab.`,
      "Schreiben Sie dem Verwalter der Liste: Er kann die Zustellung wieder aufnehmen lassen.",
    ],
  }),
  memberWithoutKey: (list, member) => ({
    subject: "Der Schlüssel eines Mitglieds kann nicht mehr verwendet werden",
    paragraphs: [
      `Nachrichten der Liste ${list} können für das Mitglied Nummer ${member} nicht mehr verschlüsselt werden: Sein Schlüssel ist abgelaufen, wurde widerrufen oder gehört zu einer Art, die nicht mehr sicher ist. Das Mitglied wurde benachrichtigt.`,
      "Wer es ist, sieht der Betreiber des Servers mit `listseal-server member show`.",
    ],
  }),
  membersPaused: (list, count, members, isMore) => ({
    subject:
      count === 1
        ? "Die Zustellung an ein Mitglied ist pausiert"
        : `Die Zustellung an ${count} Mitglieder ist pausiert`,
    paragraphs: [
      `Nachrichten der Liste ${list} waren an mehreren Tagen unzustellbar. Diese Mitglieder erhalten deshalb vorerst nichts mehr; ihre Nummern: ${members}${isMore ? " und weitere" : ""}.`,
      "Wer sie sind, sieht der Betreiber des Servers mit `listseal-server member list`. Mit `listseal-server member resume` nimmt er die Zustellung wieder auf, mit `--all` für alle auf einmal.",
    ],
  }),
  manyBounced: (list) => ({
    subject: "Nachrichten an einen großen Teil der Liste sind unzustellbar",
    paragraphs: [
      `An einem einzigen Tag waren Nachrichten der Liste ${list} für so viele Mitglieder unzustellbar, dass die Ursache wahrscheinlich eine Störung beim Mailserver der Liste oder bei einem großen Anbieter ist. Das wird niemandem angerechnet, und die Zustellung wird deswegen an niemanden pausiert.`,
      "Bitten Sie den Betreiber des Servers, der Sache nachzugehen: `listseal-server member show` zeigt, was unzustellbar war, und `listseal-server doctor` prüft den Server. Solange es andauert, bekommen Sie diese Mitteilung einmal pro Woche.",
    ],
  }),
  memberLeft: (list, member) => ({
    subject: "Ein Mitglied hat die Liste verlassen",
    paragraphs: [
      `Das Mitglied Nummer ${member} hat die Liste ${list} über den Link in seinen Nachrichten verlassen. Es erhält keine Nachrichten der Liste mehr; um wieder beizutreten, braucht es eine neue Einladung.`,
    ],
  }),
  serverCard: (name, list, expires) => ({
    subject: "Ihre Mailingliste ist bereit",
    paragraphs: [
      `Die verschlüsselte Mailingliste „${name}“ (${list}) ist bereit, und Sie können ihr Verwalter werden. Die Serverkarte im Anhang ist nur für Sie bestimmt: Wer sie hat, kann die Liste übernehmen.`,
      "1. Installieren Sie in Thunderbird das Add-on ListSeal.",
      "2. Speichern Sie die angehängte Datei. Wählen Sie sie in den Einstellungen von ListSeal auf der Seite „Mitglieder“ aus und klicken Sie auf „Karte öffnen“.",
      "3. Rufen Sie den Betreiber des Listenservers an und vergleichen Sie den Fingerabdruck, der angezeigt wird. Lassen Sie das nicht aus: Wer Ihre E-Mails verändern kann, könnte die Karte ausgetauscht haben.",
      "4. Klicken Sie auf „Verwalter dieser Liste werden“. Wenn ListSeal dann meldet, dass die Liste schon einen Verwalter hat, sagen Sie sofort dem Betreiber des Servers Bescheid.",
      `Die Karte ist bis zum ${expires} gültig. Antworten auf diese E-Mail liest niemand.`,
    ],
  }),
  leaving: {
    question: {
      title: "Die Liste verlassen?",
      paragraphs: [
        "Sie erhalten dann keine Nachrichten der Liste mehr. Um wieder beizutreten, brauchen Sie eine neue Einladung.",
      ],
    },
    button: "Liste verlassen",
    left: {
      title: "Sie haben die Liste verlassen",
      paragraphs: ["Sie erhalten keine Nachrichten der Liste mehr."],
    },
    lastOwner: {
      title: "Sie sind noch in der Liste",
      paragraphs: [
        "Sie sind der einzige Verwalter der Liste. Machen Sie in den Einstellungen von ListSeal zuerst jemand anderen zum Verwalter.",
      ],
    },
    unknown: {
      title: "Dieser Link ist nicht gültig",
      paragraphs: ["Vielleicht haben Sie die Liste schon verlassen."],
    },
  },
  refused: {
    title: "Die Liste hat Ihre Nachricht nicht angenommen",
    paragraphs: [
      "Dies ist eine verschlüsselte Mailingliste. Sie nimmt nur Nachrichten an, die für sie verschlüsselt sind, und nur von Mitgliedern, sofern ihr Verwalter nicht auch andere zulässt.",
      "Wenn Ihre Nachricht nicht verschlüsselt war, wurde sie weder gelesen noch gespeichert: Öffnen Sie in Thunderbird mit dem Add-on ListSeal die Einladung vom Verwalter der Liste, treten Sie bei, schalten Sie „Für Liste verschlüsseln“ ein und senden Sie die Nachricht noch einmal.",
      "Wenn Sie Mitglied sind und Ihre Nachricht verschlüsselt war, senden Sie sie von der Adresse, mit der Sie beigetreten sind. Wird sie weiterhin abgewiesen, bitten Sie den Verwalter der Liste um eine neue Einladung.",
    ],
  },
};
