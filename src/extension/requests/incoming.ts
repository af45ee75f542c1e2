import type { IncomingKind, IncomingPart } from "../../mail/found-parts.js";
import type { RequestResult, Unsolicited } from "../../membership/request/answer-result.js";
import type { CommandName } from "../../membership/request/command-names.js";
import { needOpenSecrets } from "../keys/unlocked.js";
import { AddonError, codeOf, type ErrorCode } from "../platform/errors.js";
import { awake } from "../platform/keep-awake.js";
import { withLock } from "../platform/locks.js";
import { load, update } from "../records/storage.js";
import { runJob } from "../worker/client.js";
import type { ExpectedServer, OpenedAnswer } from "../worker/jobs.js";
import {
  loadRequests,
  noteAnswered,
  noteReport,
  type PendingRequest,
  type Requests,
  wasReported,
} from "./pending.js";

/**
 * Answers, notices and receipts, as they arrive: opened, checked, and given to the one handler that is for them. The mail's
 * own header decides nothing.
 */

/** What the server said to one's own request. */
export type AnswerResult = Exclude<RequestResult, Unsolicited | { readonly kind: "delivery" }>;
/** The server's word about a post of one's own: it was under a list key that is no longer used. */
export interface FormerKeyAnswer {
  /** The list's address. */
  readonly list: string;
  /** The signed one. */
  readonly messageId: string;
  /** That of the mail, by which it is found; absent if it had none. */
  readonly sentAs?: string;
  /** Fingerprint of the list key of today. */
  readonly wanted: string;
  /** ISO 8601. */
  readonly date: string;
}

/**
 * What became of such a post:
 * - `sent`, `outbox`: sealed under the key of today and sent, or kept until the program is online.
 * - `waits`: the key of today isn't here yet, and the owners were asked for it.
 * - `to-write`: it wasn't found here: the person writes it again; `waits-to-write`: when the key of today is here.
 * - `too-old`: too long ago to be sent by itself.
 * - `once`: it was sent again once already, or it isn't known whether it was.
 */
export type SealedAgainState =
  | "sent"
  | "outbox"
  | "waits"
  | "to-write"
  | "waits-to-write"
  | "too-old"
  | "once";

/** The server's word about the delivery of a post of one's own. */
export type DeliveryAnswer = Extract<RequestResult, { readonly kind: "delivery" }>;

/** What the server told without being asked. */
export type ServerReport = Extract<RequestResult, { readonly kind: "report" }>;

/** Takes an answer. `date`: the server's, when it answered; the mail may have waited long since. */
export type AnswerHandler = (asked: PendingRequest, result: AnswerResult, date: Date) => Promise<void>;

/** Who is told of what. Composed in `app/handlers/incoming.ts`; a word without a handler does not compile. */
export interface IncomingHandlers {
  /**
   * By the command's word. Called once for each request, before it counts as answered: when it throws, the answer is
   * taken again with the next look.
   */
  readonly answers: {
    readonly [K in CommandName]: AnswerHandler;
  };
  /**
   * Called once for each report, and again with the next look if it throws; `list` is its address. The signed bytes inside are
   * not verified yet.
   */
  readonly report: (list: string, report: ServerReport) => Promise<void>;
  /** Another server key is offered to owners; `list` is its address, the certificate is armored and not looked at yet. */
  readonly offer: (list: string, certificate: string) => Promise<void>;
  /** A post of one's own was under a former list key; called each time it is seen. */
  readonly formerKey: (answer: FormerKeyAnswer) => Promise<Incoming>;
  /** How a post of one's own was delivered, asked for or not; called each time it is seen. `date`: ISO 8601, the server's. */
  readonly delivery: (list: string, delivery: DeliveryAnswer, date: string) => Promise<void>;
  /** An owner's notice, still sealed; called each time it is seen. */
  readonly notice: (sealed: Uint8Array) => Promise<Incoming>;
  /** A member's receipt, still sealed; called each time it is seen. */
  readonly receipt: (sealed: Uint8Array) => Promise<Incoming>;
}

/** What a mail turned out to be, for showing it. */
export type Incoming =
  | {
      readonly kind: "answer";
      readonly list: string;
      /** What was asked. */
      readonly do: CommandName;
      readonly result: "done" | { readonly refused: ErrorCode };
    }
  | {
      readonly kind: "report";
      readonly list: string;
      readonly event: ServerReport["event"] | "server-key" | "server-key-offer";
    }
  /** A post of one's own that was under a former list key, and what became of it. */
  | { readonly kind: "own-post"; readonly list: string; readonly state: SealedAgainState }
  /** How a post of one's own was delivered. */
  | ({ readonly kind: "delivery"; readonly list: string } & Pick<
      DeliveryAnswer,
      "readers" | "waiting" | "failed"
    >)
  /** A notice that was taken (now or before), and what it is about. */
  | {
      readonly kind: "notice";
      readonly list: string;
      readonly news: "owners" | "new-list-key" | "new-server-key";
    }
  /** A notice that is here already, or was overtaken by a newer one. */
  | { readonly kind: "old-notice" }
  | { readonly kind: "receipt"; readonly list: string; readonly by: string }
  /** One of these, and no key here opens it. */
  | { readonly kind: "not-for-me" }
  | { readonly kind: "locked" }
  | { readonly kind: "refused"; readonly code: ErrorCode };

/**
 * Takes the one part of an answer, notice or receipt, wherever the mail is from: a folder of Thunderbird (`in-folders.ts`), or
 * a file or page that a person has opened in a browser.
 * @param fetched gives its octets
 * @returns undefined where only its name said that it is one, and it does not open as one: somebody's own file may be
 *          called `notice.pgp`, and is then an ordinary attachment. Never rejects for what the part contains
 */
export function takePart(
  part: IncomingPart,
  fetched: () => Promise<Uint8Array>,
  handlers: IncomingHandlers,
): Promise<Incoming | undefined> {
  return awake(async () => {
    const arrived = await taken(part.kind, fetched, handlers);
    const opened = arrived.kind !== "not-for-me" && arrived.kind !== "refused";
    return opened || !part.byName ? arrived : undefined;
  });
}

async function taken(
  kind: IncomingKind,
  fetched: () => Promise<Uint8Array>,
  handlers: IncomingHandlers,
): Promise<Incoming> {
  try {
    const sealed = await fetched();
    return kind === "answer" ? await takeAnswer(sealed, handlers) : await handlers[kind](sealed);
  } catch (error) {
    const code = codeOf(error, "worker-failed");
    return code === "key-locked" ? { kind: "locked" } : { kind: "refused", code };
  }
}

/** Opens an answer and gives it to its handler. One at a time: the same mail arrives and is displayed at once. @throws ListSealError */
export function takeAnswer(sealed: Uint8Array, handlers: IncomingHandlers): Promise<Incoming> {
  return withLock("answers", () => takeOne(sealed, handlers));
}

async function takeOne(sealed: Uint8Array, handlers: IncomingHandlers): Promise<Incoming> {
  const requests = await loadRequests();
  const secrets = await needOpenSecrets();
  const opened = await runJob("open-answer", {
    sealed,
    secrets,
    expected: await expectedServers(requests),
    now: new Date().toISOString(),
  });
  if (opened.kind === "not-for-me") return opened;
  const { request, result, list, date } = opened;
  if (result.kind === "report") {
    if (!wasReported(requests, request, result.event)) {
      // noted afterwards: a handler that fails is called again with the next look, and no alarm is lost
      await handlers.report(list, result);
      await noteReport(request, result.event);
    }
    return { kind: "report", list, event: result.event };
  }
  if (result.kind === "server-key") {
    await keepServerCertificate(opened);
    return { kind: "report", list, event: "server-key" };
  }
  if (result.kind === "server-key-offer") {
    await handlers.offer(list, result.certificate);
    return { kind: "report", list, event: result.kind };
  }
  if (result.kind === "old-list-key") {
    const { messageId, sentAs } = result;
    const { listKey: wanted } = opened;
    return handlers.formerKey({ list, messageId, wanted, date, ...(sentAs === undefined ? {} : { sentAs }) });
  }
  const asked = requests.pending.find(({ id }) => id === request);
  if (result.kind === "delivery") {
    await handlers.delivery(list, result, date);
    // attack: it is told unasked as well, and settles no question but its own
    if (asked?.do === "delivery" && asked.about === result.messageId) await noteAnswered(asked, null);
    const { readers, waiting, failed } = result;
    return { kind: "delivery", list, readers, waiting, failed };
  }
  if (asked !== undefined) {
    await handlers.answers[asked.do](asked, result, new Date(date));
    await noteAnswered(asked, result.kind === "refused" ? result.code : null);
    await keepServerCertificate(opened);
  }
  const known = asked ?? requests.answered.find(({ id }) => id === request);
  if (known === undefined) throw new AddonError("unexpected-answer", "nobody here asked for it");
  return {
    kind: "answer",
    list,
    do: known.do,
    result: result.kind === "refused" ? { refused: result.code } : "done",
  };
}

/** The servers whose answers are waited for, and those of the lists that are here: they report without being asked. */
async function expectedServers({ pending, answered }: Requests): Promise<readonly ExpectedServer[]> {
  const { lists } = await load();
  // those of the lists first: what comes with an answer is compared with the newest that is known
  const servers = [
    ...Object.values(lists).map(({ address, serverCertificate }) => ({
      list: address,
      server: serverCertificate,
    })),
    // a server that has another key since answers those who asked with the one before by that one, and tells of it so
    ...Object.values(lists).flatMap(({ address, formerServers }) =>
      formerServers.map((server) => ({ list: address, server })),
    ),
    ...[...pending, ...answered].map(({ list, server }) => ({ list, server })),
  ];
  const one = new Map(servers.map((each) => [`${each.list} ${each.server}`, each]));
  return [...one.values()].map(({ list, server }) => ({
    list,
    server,
    requests: [...pending, ...answered].filter((each) => each.list === list).map(({ id }) => id),
  }));
}

/** The server replaces its encryption subkeys from time to time; the newest come with each answer. */
async function keepServerCertificate({ list, server, serverFingerprint }: OpenedAnswer): Promise<void> {
  await update((stored) => {
    const known = stored.lists[list];
    // another primary key: an answer of a server key that was replaced meanwhile takes nobody back to it
    const renewed = known?.serverFingerprint === serverFingerprint && known.serverCertificate !== server;
    if (known === undefined || !renewed) return { stored, result: undefined };
    const lists = { ...stored.lists, [list]: { ...known, serverCertificate: server } };
    return { stored: { ...stored, lists }, result: undefined };
  });
}
