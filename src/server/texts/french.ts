import type { ServerTexts } from "./server-texts.js";

/** French, in the words of docs/UI-WORDS.md. */
export const french: ServerTexts = {
  refusals: {
    "too-old":
      "D’après la date de sa signature, il a été chiffré il y a plus de sept jours. Si vous venez de le chiffrer, l’horloge de votre ordinateur n’est pas à l’heure : réglez-la et renvoyez le message.",
    "from-the-future":
      "La date de sa signature a plus de dix minutes d’avance sur l’horloge du serveur. Comparez l’heure ci-dessous avec celle de votre ordinateur. Si la vôtre est fausse, réglez-la et renvoyez le message. Si celle du serveur est fausse, prévenez le propriétaire de la liste et renvoyez le message une fois l’heure corrigée.",
    replayed: "La liste a déjà distribué ce message, sous un autre identifiant (Message-ID).",
    "message-id-reused":
      "Un autre de vos messages porte le même identifiant (Message-ID). Écrivez un nouveau message et envoyez-le.",
    "binding-missing":
      "Sa signature n’indique pas pour quelle liste ni pour quel message elle a été faite. Chiffrez le message avec le module ListSeal, ou avec le script que ListSeal fournit pour GnuPG.",
    "binding-mismatch":
      "Le message a été modifié en chemin : ce n’est pas celui que vous avez signé. Renvoyez-le.",
    "not-allowed":
      "Vous pouvez lire cette liste, mais pas y écrire. Un propriétaire de la liste peut changer cela.",
    "malformed-key-packet":
      "Son paquet de clé n’a pas la forme exigée par la liste. Mettez votre logiciel à jour et chiffrez de nouveau le message.",
    "unsupported-version":
      "Il a été chiffré avec une version de ListSeal plus récente que celle du serveur de la liste. Dites au propriétaire de la liste que le serveur doit être mis à jour.",
  },
  otherRefusal: "Il n’a pas passé les contrôles de la liste.",
  refusedPost: (list, reason, clock) => ({
    subject: "votre message n’a pas été accepté",
    paragraphs: [
      `La liste ${list} n’a pas accepté un message signé avec votre clé.`,
      reason,
      `L’horloge du serveur indique ${clock} UTC.`,
      "Si vous n’avez rien envoyé, quelqu’un renvoie un de vos messages qu’il a intercepté. Il ne peut pas le lire, et personne ne le reçoit. Vous recevez cet avis au plus une fois par heure.",
    ],
  }),
  formerKey: (list) => ({
    paragraphs: [
      `Un de vos messages à la liste ${list} était chiffré pour une clé de la liste qui n’est plus utilisée. Personne ne l’a encore reçu.`,
      "Avec ListSeal, vous n’avez rien à faire : il chiffre le message pour la nouvelle clé de la liste et le renvoie, et vous prévient s’il n’y parvient pas.",
      "Avec GnuPG seul : prenez la nouvelle clé de la liste dans l’avis qu’un propriétaire de la liste vous a envoyé (demandez-le à un propriétaire si vous ne l’avez pas), chiffrez de nouveau le message et envoyez-le.",
      "Si vous n’avez rien envoyé, quelqu’un renvoie un de vos messages qu’il a intercepté. Il ne peut pas le lire, et personne ne le reçoit. Vous recevez cet e-mail une fois par message.",
    ],
  }),
  noUsableKey: (list) => ({
    subject: "votre clé ne peut plus être utilisée",
    paragraphs: [
      `Les messages de la liste ${list} ne peuvent plus être chiffrés pour vous : votre clé enregistrée sur la liste a expiré, a été révoquée ou est d’un type qui n’est plus sûr.`,
      "Rien ne vous est envoyé sans chiffrement : vous ne recevrez donc aucun message tant que vous n’aurez pas de clé valable sur la liste. Renouvelez votre clé dans le module ListSeal, ou adressez-vous au propriétaire de la liste. L’administrateur du serveur conserve quelque temps les messages qui n’ont pas pu être chiffrés pour vous.",
    ],
  }),
  copiesPaused: (list) => ({
    subject: "la distribution à votre adresse est suspendue",
    paragraphs: [
      `Pendant plusieurs jours, des messages de la liste ${list} n’ont pas pu être remis à cette adresse ; la liste a donc suspendu la distribution. Puisque vous lisez ceci, soit votre serveur de messagerie a eu un problème qui est résolu, soit il refuse les messages chiffrés.`,
      "Écrivez au propriétaire de la liste, qui peut faire reprendre la distribution.",
    ],
  }),
  memberWithoutKey: (list, member) => ({
    subject: "la clé d’un membre ne peut plus être utilisée",
    paragraphs: [
      `Les messages de la liste ${list} ne peuvent plus être chiffrés pour le membre numéro ${member} : sa clé a expiré, a été révoquée ou est d’un type qui n’est plus sûr. Il en a été informé.`,
      "L’administrateur du serveur peut voir de qui il s’agit avec `listseal-server member show`.",
    ],
  }),
  membersPaused: (list, count, members, isMore) => ({
    subject:
      count === 1
        ? "la distribution à un membre est suspendue"
        : `la distribution à ${count} membres est suspendue`,
    paragraphs: [
      `Des messages de la liste ${list} n’ont pas pu être remis pendant plusieurs jours ; ces membres ne reçoivent donc plus rien pour l’instant. Leurs numéros : ${members}${isMore ? " et d’autres" : ""}.`,
      "L’administrateur du serveur peut voir de qui il s’agit avec `listseal-server member list`, et reprendre la distribution avec `listseal-server member resume`, ou pour tous à la fois avec `--all`.",
    ],
  }),
  manyBounced: (list) => ({
    subject: "une grande partie de la liste ne reçoit pas ses messages",
    paragraphs: [
      `En une journée, des messages de la liste ${list} n’ont pas pu être remis à un si grand nombre de membres que la cause est probablement une panne du serveur de messagerie de la liste ou d’un grand fournisseur. Personne n’en subit les conséquences : la distribution n’est suspendue pour aucun membre.`,
      "Demandez à l’administrateur du serveur de vérifier : `listseal-server member show` montre les échecs de remise, et `listseal-server doctor` contrôle le serveur. Tant que cela dure, vous recevez cet avis une fois par semaine.",
    ],
  }),
  memberLeft: (list, member) => ({
    subject: "un membre a quitté la liste",
    paragraphs: [
      `Le membre numéro ${member} de la liste ${list} l’a quittée par le lien que contiennent ses messages. Il ne reçoit plus de messages de la liste ; pour la rejoindre, il lui faut une nouvelle invitation.`,
    ],
  }),
  serverCard: (name, list, expires) => ({
    subject: "votre liste de diffusion est prête",
    paragraphs: [
      `La liste de diffusion chiffrée « ${name} » (${list}) est prête, et vous pouvez en devenir propriétaire. La fiche du serveur jointe à cet e-mail est pour vous seul : toute personne qui l’a peut s’approprier la liste.`,
      "1. Dans Thunderbird, installez le module ListSeal.",
      "2. Enregistrez le fichier joint. Dans les options de ListSeal, à la page « Membres », choisissez-le et cliquez sur « Ouvrir la fiche ».",
      "3. Appelez l’administrateur du serveur de listes et comparez l’empreinte affichée. N’omettez pas cette étape : une personne capable de modifier votre courrier pourrait avoir remplacé la fiche.",
      "4. Cliquez sur « Devenir propriétaire de cette liste ». Si ListSeal indique alors que la liste a déjà un propriétaire, prévenez immédiatement l’administrateur du serveur.",
      `La fiche expire le ${expires}. Personne ne lit les réponses à cet e-mail.`,
    ],
  }),
  leaving: {
    question: {
      title: "Quitter la liste ?",
      paragraphs: [
        "Vous ne recevrez plus de messages de la liste. Pour la rejoindre, il vous faudra une nouvelle invitation.",
      ],
    },
    button: "Quitter la liste",
    left: {
      title: "Vous avez quitté la liste",
      paragraphs: ["Vous ne recevrez plus de messages de cette liste."],
    },
    lastOwner: {
      title: "Vous êtes toujours sur la liste",
      paragraphs: [
        "Vous êtes l’unique propriétaire de la liste. Nommez d’abord un autre propriétaire dans les options de ListSeal.",
      ],
    },
    unknown: {
      title: "Ce lien n’est pas valable",
      paragraphs: ["Vous avez peut-être déjà quitté la liste."],
    },
  },
  refused: {
    title: "La liste n’a pas accepté votre message",
    paragraphs: [
      "Il s’agit d’une liste de diffusion chiffrée. Elle n’accepte que les messages chiffrés pour elle, et seulement ceux de ses membres, sauf si son propriétaire en autorise d’autres.",
      "Si votre message n’était pas chiffré, il n’a été ni lu ni conservé : ouvrez l’invitation du propriétaire de la liste dans Thunderbird avec le module ListSeal, rejoignez la liste, activez « Chiffrer pour la liste » et renvoyez le message.",
      "Si vous êtes membre et que votre message était chiffré, envoyez-le depuis l’adresse avec laquelle vous avez rejoint la liste. S’il est encore refusé, demandez une nouvelle invitation au propriétaire de la liste.",
    ],
  },
};
