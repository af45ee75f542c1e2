import type { ServerTexts } from "./server-texts.js";

/** Spanish, in the words of docs/UI-WORDS.md. */
export const spanish: ServerTexts = {
  refusals: {
    "too-old":
      "Según la fecha de su firma, se cifró hace más de siete días. Si lo acabas de cifrar, el reloj de tu equipo va mal: ponlo en hora y envía el mensaje otra vez.",
    "from-the-future":
      "La fecha de su firma va más de diez minutos por delante del reloj del servidor. Compara la hora de abajo con la de tu equipo. Si la tuya está mal, ponla bien y envía el mensaje otra vez. Si está mal la del servidor, díselo al propietario de la lista y envía el mensaje otra vez cuando esté corregida.",
    replayed: "La lista ya ha distribuido este mensaje con otro identificador (Message-ID).",
    "message-id-reused":
      "Otro mensaje tuyo tiene el mismo identificador (Message-ID). Escríbelo como mensaje nuevo y envíalo otra vez.",
    "binding-missing":
      "Su firma no indica para qué lista ni para qué mensaje se hizo. Cífralo con el complemento ListSeal o con el script que ListSeal ofrece para GnuPG.",
    "binding-mismatch": "El mensaje se ha modificado por el camino: no es lo que firmaste. Envíalo otra vez.",
    "not-allowed":
      "Puedes leer esta lista, pero no escribir en ella. Un propietario de la lista puede cambiarlo.",
    "malformed-key-packet":
      "Su paquete de clave no tiene la forma que exige la lista. Actualiza tu programa y vuelve a cifrar el mensaje.",
    "unsupported-version":
      "Se cifró con una versión de ListSeal más nueva que la que admite el servidor de la lista. Dile al propietario de la lista que hay que actualizar el servidor.",
  },
  otherRefusal: "No ha superado las comprobaciones de la lista.",
  refusedPost: (list, reason, clock) => ({
    subject: "tu mensaje no se ha aceptado",
    paragraphs: [
      `La lista ${list} no ha aceptado un mensaje firmado con tu clave.`,
      reason,
      `El reloj del servidor marca ${clock} UTC.`,
      "Si no has enviado nada, alguien está reenviando un mensaje tuyo que ha interceptado. No puede leerlo, y nadie lo recibe. Este aviso te llega como mucho una vez por hora.",
    ],
  }),
  formerKey: (list) => ({
    paragraphs: [
      `Un mensaje tuyo a la lista ${list} estaba cifrado para una clave de la lista que ya no se usa. Nadie lo ha recibido todavía.`,
      "Con ListSeal no tienes que hacer nada: cifra el mensaje para la nueva clave de la lista y lo envía otra vez, y te avisa si no puede.",
      "Solo con GnuPG: toma la nueva clave de la lista del aviso que te envió un propietario de la lista (pídeselo a un propietario si no lo tienes), vuelve a cifrar el mensaje y envíalo.",
      "Si no has enviado nada, alguien está reenviando un mensaje tuyo que ha interceptado. No puede leerlo, y nadie lo recibe. Este correo te llega una vez por cada mensaje.",
    ],
  }),
  noUsableKey: (list) => ({
    subject: "tu clave ya no se puede usar",
    paragraphs: [
      `Los mensajes de la lista ${list} ya no se pueden cifrar para ti: tu clave en la lista ha caducado, se ha revocado o es de un tipo que ya no es seguro.`,
      "No se te envía nada sin cifrar, así que no recibirás mensajes hasta que tengas una clave válida en la lista. Renueva tu clave en el complemento ListSeal o pregunta al propietario de la lista. El administrador del servidor guarda durante un tiempo los mensajes que no se han podido cifrar para ti.",
    ],
  }),
  copiesPaused: (list) => ({
    subject: "la entrega a tu dirección está en pausa",
    paragraphs: [
      `Los mensajes de la lista ${list} a esta dirección se han devuelto durante varios días, así que la lista ha puesto en pausa la entrega. Si puedes leer esto, o tu servidor de correo tuvo un problema que ya ha pasado, o rechaza los mensajes cifrados.`,
      "Escribe al propietario de la lista, que puede hacer que se reanude la entrega.",
    ],
  }),
  memberWithoutKey: (list, member) => ({
    subject: "la clave de un miembro ya no se puede usar",
    paragraphs: [
      `Los mensajes de la lista ${list} ya no se pueden cifrar para el miembro número ${member}: su clave ha caducado, se ha revocado o es de un tipo que ya no es seguro. Se le ha avisado.`,
      "El administrador del servidor puede ver quién es con `listseal-server member show`.",
    ],
  }),
  membersPaused: (list, count, members, isMore) => ({
    subject:
      count === 1 ? "la entrega a un miembro está en pausa" : `la entrega a ${count} miembros está en pausa`,
    paragraphs: [
      `Los mensajes de la lista ${list} se han devuelto durante varios días, así que estos miembros no reciben nada por ahora. Sus números: ${members}${isMore ? " y otros" : ""}.`,
      "El administrador del servidor puede ver quiénes son con `listseal-server member list`, y reanudar la entrega con `listseal-server member resume`, o para todos a la vez con `--all`.",
    ],
  }),
  manyBounced: (list) => ({
    subject: "se devuelven los mensajes a gran parte de la lista",
    paragraphs: [
      `En un solo día se han devuelto mensajes de la lista ${list} a tantos miembros que la causa es probablemente un fallo del servidor de correo de la lista o de un gran proveedor. No se le tiene en cuenta a nadie, y a nadie se le pone en pausa la entrega por ello.`,
      "Pide al administrador del servidor que lo revise: `listseal-server member show` muestra las devoluciones y `listseal-server doctor` comprueba el servidor. Mientras dure, este aviso te llega una vez por semana.",
    ],
  }),
  memberLeft: (list, member) => ({
    subject: "un miembro ha salido de la lista",
    paragraphs: [
      `El miembro número ${member} ha salido de la lista ${list} con el enlace de sus mensajes. Ya no recibe mensajes de ella; para volver necesita una invitación nueva.`,
    ],
  }),
  serverCard: (name, list, expires) => ({
    subject: "tu lista de correo está lista",
    paragraphs: [
      `La lista de correo cifrada «${name}» (${list}) está preparada y puedes ser su propietario. La tarjeta del servidor adjunta a este correo es solo para ti: quien la tenga puede quedarse con la lista.`,
      "1. Instala el complemento ListSeal en Thunderbird.",
      "2. Guarda el archivo adjunto. En las opciones de ListSeal, en la página «Miembros», elígelo y haz clic en «Abrir tarjeta».",
      "3. Llama al administrador del servidor de listas y compara la huella digital que ves. No te saltes este paso: alguien que pueda modificar tu correo podría haber sustituido la tarjeta.",
      "4. Haz clic en «Ser propietario de esta lista». Si ListSeal dice entonces que la lista ya tiene propietario, díselo de inmediato al administrador del servidor.",
      `La tarjeta caduca el ${expires}. Nadie lee las respuestas a este correo.`,
    ],
  }),
  leaving: {
    question: {
      title: "¿Salir de la lista?",
      paragraphs: ["Ya no recibirás mensajes de la lista. Para volver necesitarás una invitación nueva."],
    },
    button: "Salir de la lista",
    left: {
      title: "Has salido de la lista",
      paragraphs: ["Ya no recibirás mensajes de ella."],
    },
    lastOwner: {
      title: "Sigues en la lista",
      paragraphs: [
        "Eres el único propietario de la lista. Antes tienes que nombrar propietario a otra persona en las opciones de ListSeal.",
      ],
    },
    unknown: {
      title: "Este enlace no es válido",
      paragraphs: ["Quizá ya hayas salido de la lista."],
    },
  },
  refused: {
    title: "La lista no ha aceptado tu mensaje",
    paragraphs: [
      "Esta es una lista de correo cifrada. Solo acepta mensajes cifrados para ella, y solo de sus miembros, salvo que su propietario permita otros.",
      "Si tu mensaje no estaba cifrado, no se ha leído ni guardado: abre en Thunderbird, con el complemento ListSeal, la invitación del propietario de la lista, únete, activa «Cifrar para la lista» y envía el mensaje otra vez.",
      "Si eres miembro y tu mensaje estaba cifrado, envíalo desde la dirección con la que te uniste. Si se sigue rechazando, pide una invitación nueva al propietario de la lista.",
    ],
  },
};
