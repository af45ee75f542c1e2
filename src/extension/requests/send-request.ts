import { fromBase64, toBase64 } from "../../mail/base64.js";
import type { CommandName } from "../../membership/request/command-names.js";
import { needSecretOf } from "../keys/unlocked.js";
import { AddonError, codeOf } from "../platform/errors.js";
import { host } from "../platform/host.js";
import type { StoredMemberKey } from "../records/stored.js";
import { runJob } from "../worker/client.js";
import type { CommandToSend } from "../worker/jobs.js";
import { forgetPending, keepPending, loadRequests, type PendingRequest } from "./pending.js";

/**
 * Asking a list's server for something, from the first click to the answer:
 *
 * 1. In a page, in the handler of the click: `await askFor("send")` (permission.ts), then a call to the background page.
 * 2. In the background page: `askServer({ command, list, key })`. The command is signed, sealed, kept, and sent as a mail
 *    to the list's request address; nobody types anything. In a browser the person sends it (`by-hand.ts`). What stays is a {@link PendingRequest}: show its `sending`.
 * 3. The answer comes as a mail. `incoming.ts` sees it when it arrives, when it is displayed, and when a page asks it to
 *    look; opens and checks it; and calls the one handler that is registered for the command's word in
 *    `app/handlers/incoming.ts`. That is where the asking part of the add-on changes its state, and the only place.
 *
 * Nothing is taken for done before its answer has come. A request that was not sent, or is not answered, stays in
 * `loadRequests().pending` until it is sent again or forgotten by hand.
 */

/** The list's server as the asker knows it; `StoredList` has these fields, and so has what a card is made into. */
export interface RequestTarget {
  /** The list. */
  readonly address: string;
  /** Fingerprint of the list key that the asker knows. */
  readonly listKeyFingerprint: string;
  readonly requestAddress: string;
  /** In base64. */
  readonly serverCertificate: string;
}

/** What is asked, of whom, by whom. */
export interface RequestInput {
  /** Of a `join`, certificate and introduction are filled in from `key` and `introduction`. */
  readonly command: CommandToSend;
  readonly list: RequestTarget;
  /** Signs the request; the answer is sealed to it. Its address is where the mail comes from. */
  readonly key: StoredMemberKey;
  /** The introduction with its secret, in base64; for `join` alone. */
  readonly introduction?: string;
  /** Whom or what it is about, for showing it: an address. */
  readonly about?: string;
}

/**
 * Signs, seals, keeps and sends a request.
 *
 * A mail that can't be sent is no failure of this: the request is kept, and says so (`sending`, `failure`).
 * @returns the request as it is kept now
 * @throws ListSealError `key-locked`; what `writeRequest` throws; `storage-failed`
 */
export async function askServer(asking: RequestInput): Promise<PendingRequest> {
  const { command, list, key, introduction, about } = asking;
  const secret = await needSecretOf(key);
  const { id, sealed } = await runJob("write-request", {
    command,
    list: { address: list.address, key: list.listKeyFingerprint },
    server: list.serverCertificate,
    key,
    secret,
    introduction: introduction ?? null,
    now: new Date().toISOString(),
  });
  const request = await keepPending({
    id,
    do: command.do,
    list: list.address,
    about: about ?? null,
    requestAddress: list.requestAddress,
    server: list.serverCertificate,
    from: key.address,
    key: key.fingerprint,
    sealed: toBase64(sealed),
    askedAt: new Date().toISOString(),
    sending: "unsent",
    failure: null,
  });
  const delivered = await deliver(request);
  if (command.do !== "receipt") for (const told of askedListeners) await told(list.address);
  return delivered;
}

type AskedListener = (list: string) => Promise<void>;

const askedListeners: AskedListener[] = [];

/** Has `asked` called after each request but a receipt, with the list's address. For composition roots. It must not reject. */
export function whenServerAsked(asked: AskedListener): void {
  askedListeners.push(asked);
}

/** The server takes a request for seven days; a day is left for the mail's way. */
const GOOD_FOR_MS = 6 * 86_400_000;

/** Whether the server would still take a request. */
export const isGood = ({ askedAt }: PendingRequest): boolean =>
  Date.now() - Date.parse(askedAt) <= GOOD_FOR_MS;

/**
 * A kept request that the server would still take.
 * @throws ListSealError `request-expired` if it would not: ask again; `storage-failed`; `no-such-request` if no such request is kept
 */
export async function freshRequest(id: string): Promise<PendingRequest> {
  const request = (await loadRequests()).pending.find((one) => one.id === id);
  if (request === undefined) throw new AddonError("no-such-request", "there is no such request");
  if (!isGood(request)) throw new AddonError("request-expired", "the server would not take it any more");
  return request;
}

/**
 * Sends a kept request once more, the same bytes: it is carried out once, and answered again.
 * @throws ListSealError as {@link freshRequest}
 */
export async function sendAgain(id: string): Promise<PendingRequest> {
  return deliver(await freshRequest(id));
}

/** What a page asks by itself. */
const askedUnseen: ReadonlySet<CommandName> = new Set(["roster", "receipts"]);

async function deliver(request: PendingRequest): Promise<PendingRequest> {
  const { list, from, requestAddress, sealed } = request;
  try {
    const mail = {
      ...({ kind: "request", list, from, to: requestAddress, sealed: fromBase64(sealed) } as const),
      // nobody has pressed anything for these
      ...(askedUnseen.has(request.do) ? {} : { request: request.id }),
    };
    return await keepPending({ ...request, sending: await host().send(mail), failure: null });
  } catch (error) {
    return keepPending({ ...request, sending: "unsent", failure: codeOf(error, "not-sent") });
  }
}

/** Forgets a request that waits for its answer; what the server does with it is another matter. */
export { forgetPending };

/** The requests about a list that wait for an answer, the newest last. */
export async function pendingFor(list: string): Promise<readonly PendingRequest[]> {
  return (await loadRequests()).pending.filter((request) => request.list === list);
}
