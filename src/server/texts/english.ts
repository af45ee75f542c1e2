import type { ServerTexts } from "./server-texts.js";

/** English. */
export const english: ServerTexts = {
  refusals: {
    "too-old":
      "It was encrypted more than seven days ago, according to the date in its signature. If you encrypted it just now, your computer's clock is wrong: set it and send the message again.",
    "from-the-future":
      "The date in its signature is more than ten minutes ahead of the server's clock. Compare the time below with your computer's. If yours is wrong, set it and send the message again. If the server's is wrong, tell the list's owner, and send the message again once it is right.",
    replayed: "The list has already passed this message on, under another message id.",
    "message-id-reused":
      "Another message of yours has the same message id. Write it as a new message and send it again.",
    "binding-missing":
      "Its signature does not say which list and which message it is for. Encrypt it with the ListSeal add-on, or with the script that ListSeal provides for GnuPG.",
    "binding-mismatch": "The message was changed on its way: it is not what you signed. Send it again.",
    "not-allowed": "You can read this list but not post to it. An owner of the list can change that.",
    "malformed-key-packet":
      "Its key packet does not have the form that the list requires. Update your software and encrypt the message again.",
    "unsupported-version":
      "It was encrypted by a newer version of ListSeal than the list's server supports. Tell the list's owner that the server needs an update.",
  },
  otherRefusal: "It did not pass the list's checks.",
  refusedPost: (list, reason, clock) => ({
    subject: "your message was not accepted",
    paragraphs: [
      `The list ${list} did not accept a message that was signed with your key.`,
      reason,
      `The server's clock shows ${clock} UTC.`,
      "If you did not send anything, someone is resending a message of yours that they captured. They can't read it, and no one receives it. You get this notice at most once an hour.",
    ],
  }),
  formerKey: (list) => ({
    paragraphs: [
      `A message of yours to the list ${list} was encrypted for a list key that is no longer used. No one has received it yet.`,
      "With ListSeal there is nothing for you to do: it encrypts the message for the new list key and sends it again, and tells you if it can't.",
      "With GnuPG alone: get the new list key from the notice that an owner of the list sent you (ask an owner if you don't have it), encrypt the message again and send it.",
      "If you did not send anything, someone is resending a message of yours that they captured. They can't read it, and no one receives it. You get this mail once for each message.",
    ],
  }),
  noUsableKey: (list) => ({
    subject: "your key can no longer be used",
    paragraphs: [
      `Messages of the list ${list} can no longer be encrypted for you: your key on the list has expired, was revoked, or is of a kind that is no longer safe.`,
      "Nothing is sent to you unencrypted, so you receive no messages until you have a valid key on the list. Renew your key in the ListSeal add-on, or ask the list's owner. The list's operator keeps the messages that could not be encrypted for you for a while.",
    ],
  }),
  copiesPaused: (list) => ({
    subject: "your copies are paused",
    paragraphs: [
      `Messages of the list ${list} to this address bounced on several days, so the list has paused your copies. Since you can read this, either your mail system had a problem that has passed, or it refuses encrypted messages.`,
      "Write to the list's owner, who can have your copies resumed.",
    ],
  }),
  memberWithoutKey: (list, member) => ({
    subject: "a member's key can no longer be used",
    paragraphs: [
      `Messages of the list ${list} can no longer be encrypted for member ${member}: their key has expired, was revoked, or is of a kind that is no longer safe. They were notified.`,
      "The operator can see who it is with `listseal-server member show`.",
    ],
  }),
  membersPaused: (list, count, members, isMore) => ({
    subject: count === 1 ? "a member's copies are paused" : `the copies of ${count} members are paused`,
    paragraphs: [
      `Messages of the list ${list} bounced on several days, so these members get no copies for now. Their numbers: ${members}${isMore ? ", and more" : ""}.`,
      "The operator can see who they are with `listseal-server member list`, and resume their copies with `listseal-server member resume`, or for all of them at once with `--all`.",
    ],
  }),
  manyBounced: (list) => ({
    subject: "mail to a large part of the list bounces",
    paragraphs: [
      `In one day, messages of the list ${list} bounced for so many members that the cause is probably a fault of the list's own mail system or of a large provider. This does not count against anyone, and no one's copies are paused because of it.`,
      "Ask the operator to look into it: `listseal-server member show` shows the bounces, and `listseal-server doctor` checks the server. If this goes on, you get this notice once a week.",
    ],
  }),
  memberLeft: (list, member) => ({
    subject: "a member has left",
    paragraphs: [
      `Member ${member} of the list ${list} has left by the link in their messages. They get no more messages from it; to rejoin they need a new invitation.`,
    ],
  }),
  serverCard: (name, list, expires) => ({
    subject: "your mailing list is ready",
    paragraphs: [
      `The encrypted mailing list "${name}" (${list}) is ready, and you can become its owner. The server card attached to this mail is for you alone: whoever has it can take the list.`,
      "1. In Thunderbird, install the ListSeal add-on.",
      '2. Save the attached file. In ListSeal\'s settings, on the page "Members", choose it and click "Open card".',
      "3. Call the person who runs the list server, and compare the fingerprint that you see. Do not leave this out: someone who can change your mail could have replaced the card.",
      '4. Click "Become owner of this list". If ListSeal then says that the list already has an owner, tell the person who runs the server immediately.',
      `The card expires on ${expires}. No one reads replies to this mail.`,
    ],
  }),
  leaving: {
    question: {
      title: "Leave the list?",
      paragraphs: ["You will no longer receive messages from the list. To rejoin you need a new invitation."],
    },
    button: "Leave the list",
    left: { title: "You have left the list", paragraphs: ["You will receive no more messages from it."] },
    lastOwner: {
      title: "You are still on the list",
      paragraphs: [
        "You are the list's only owner. Make someone else an owner first, in ListSeal's settings.",
      ],
    },
    unknown: { title: "This link is not valid", paragraphs: ["You may already have left the list."] },
  },
  refused: {
    title: "The list did not accept your message",
    paragraphs: [
      "This is an encrypted mailing list. It accepts only messages that are encrypted for it, and only from its members, unless its owner allows others.",
      'If your message was not encrypted, it was neither read nor kept: open the invitation from the list\'s owner in Thunderbird with the ListSeal add-on, join, turn on "Encrypt to list" and send the message again.',
      "If you are a member and your message was encrypted, send it from the address that you joined with. If it is still refused, ask the list's owner for a new invitation.",
    ],
  },
};
