/**
 * Everything of Roundcube's pages that the adapter depends on, in one place: skin "elastic", Roundcube 1.6. When a selector
 * no longer fits, `page.ts` notices and the person is told.
 */
export const selectors = {
  /** The webmail's own program: by it a page is known to be Roundcube's. */
  program: 'script[src*="program/js/app"]',
  /** Reading: what is in the place of the mail's text. */
  message: "#messagebody",
  /** A text part that Roundcube shows. */
  textPart: ".message-part",
  /** Stands in `message` instead of a text when Roundcube does not know the encryption. */
  cannotShow: ".boxwarning",
  /** One attachment; its class has the media type, as "application vnd.listseal.key pgp". */
  attachments: "#attachment-list > li",
  attachmentName: ".attachment-name",
  /** Writing. */
  send: ".formbuttons button.send",
  sendRow: ".formbuttons",
  from: "#_from",
  to: "#_to",
  cc: "#_cc",
  bcc: "#_bcc",
  subject: "#compose-subject",
  body: "#composebody",
  bodyBox: "#composebodycontainer",
  /** The rich text editor's frame, where the person writes HTML. */
  htmlBody: "#composebody_ifr",
  upload: 'input[type="file"][name="_attachments[]"]',
} as const;
/** Names of what is looked for. */
export type Part = keyof typeof selectors;
