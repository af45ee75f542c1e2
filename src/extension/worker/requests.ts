import { fromBase64, toBase64 } from "../../mail/base64.js";
import { parseAddress } from "../../mail/mailbox.js";
import { MembershipError } from "../../membership/file/errors.js";
import { type Answer, laterServerKey, openAnswer } from "../../membership/request/answers.js";
import {
  type Command,
  claimedSigners,
  newRequestId,
  programFeatures,
  readSigned,
  type SignedBytes,
  writeRequest,
} from "../../membership/request/request.js";
import { ListSealError, ProtocolError } from "../../openpgp/errors.js";
import {
  type OpeningKey,
  parseSealingKey,
  readOpeningKey,
  readSealingKey,
  type SealingKey,
  sealingHalf,
  writeSealingKey,
} from "../../openpgp/keys.js";
import { parseListKeyId } from "../../openpgp/list-keys.js";
import { codeOf } from "../platform/errors.js";
import type { StoredMemberKey } from "../records/stored.js";
import type { CommandToSend, ExpectedServer, OpenedAnswer } from "./jobs.js";
import { ownKey } from "./member-keys.js";

/** Requests to a list's server, written; and its answers, opened. */

/**
 * Writes a request: signed by the member key (a `join` by the introduction, too), sealed to the server.
 * @throws ListSealError what `writeRequest` throws; `key-damaged`; `invitation-damaged` for a join without introduction
 */
export async function writeSealedRequest(input: {
  readonly command: CommandToSend;
  /** The list as the asker knows it: address, and fingerprint of its key. */
  readonly list: { readonly address: string; readonly key: string };
  /** The server's certificate, in base64. */
  readonly server: string;
  readonly key: StoredMemberKey;
  readonly secret: string;
  /** For `join`: the introduction with its secret, in base64. */
  readonly introduction: string | null;
  readonly now: string;
}): Promise<{ readonly id: string; readonly sealed: Uint8Array }> {
  const { list, key, introduction, now } = input;
  const date = new Date(Math.floor(Date.parse(now) / 1000) * 1000);
  const server = await readSealingKey("server", fromBase64(input.server));
  // a revocation is signed by the key as it was: with its newest certificate it signs nothing any more
  const member =
    input.command.do === "revoke"
      ? await readOpeningKey("member", fromBase64(input.secret))
      : await ownKey(key, input.secret);
  const signers: OpeningKey<"member" | "introduction">[] = [member];
  let command: Command;
  if (input.command.do === "join") {
    if (introduction === null)
      throw new MembershipError("invitation-damaged", "no introduction to join with");
    const introducing = await readOpeningKey("introduction", fromBase64(introduction));
    signers.unshift(introducing);
    command = {
      ...input.command,
      certificate: fromBase64(key.certificate),
      introduction: writeSealingKey(sealingHalf(introducing)),
    };
  } else {
    command = input.command;
  }
  const id = newRequestId();
  const asked = { address: parseAddress(list.address), key: parseListKeyId(list.key) };
  const request = { id, date, list: asked, takes: programFeatures, command };
  const sealed = await writeRequest(request, { signers, server });
  return { id, sealed };
}

/**
 * Opens an answer with what is here: each member key, each server that an answer may come from.
 * @throws ListSealError what `openAnswer` throws, for the last server that was tried
 */
export async function openSealedAnswer({
  sealed,
  secrets,
  expected,
  now,
}: {
  readonly sealed: Uint8Array;
  readonly secrets: readonly string[];
  readonly expected: readonly ExpectedServer[];
  readonly now: string;
}): Promise<OpenedAnswer | { readonly kind: "not-for-me" }> {
  let failure: ListSealError | undefined;
  for (const secret of secrets) {
    const asker = await readOpeningKey("member", fromBase64(secret));
    for (const { list, server, requests } of expected) {
      try {
        const known = await parseSealingKey("server", fromBase64(server));
        const answer = await openAnswer(
          sealed,
          asker,
          { list: { address: parseAddress(list) }, server: known, requests },
          new Date(now),
        );
        if (answer === "not-for-me") break;
        return plain(answer, laterServerKey(known, answer.server));
      } catch (error) {
        if (!(error instanceof ListSealError)) throw error;
        // "by another server" says least: any other failure is about this very answer
        if (failure === undefined || codeOf(failure, "damaged") === "unknown-author") failure = error;
      }
    }
  }
  if (failure !== undefined) throw failure;
  return { kind: "not-for-me" };
}

/**
 * Who says to have asked for the list key of today. Proves nothing.
 * @throws ListSealError `damaged`; `wrong-list`, `wrong-kind` for a request about another list, or for something else
 */
export async function readKeyRequest({
  signed,
  list,
}: {
  readonly signed: SignedBytes;
  readonly list: string;
}): Promise<{ readonly by: readonly string[] }> {
  const opened = await readSigned(signed);
  const { command, list: about } = opened.request;
  if (about.address !== list) throw new ProtocolError("wrong-list", "about another list");
  if (command.do !== "list-key") throw new ProtocolError("wrong-kind", "no request for the list key");
  return { by: await claimedSigners(opened) };
}

function plain({ request, list, result, date }: Answer, server: SealingKey<"server">): OpenedAnswer {
  return {
    kind: "answer",
    request,
    list: list.address,
    result,
    date: date.toISOString(),
    listKey: list.key,
    server: toBase64(writeSealingKey(server)),
    serverFingerprint: server.fingerprint,
  };
}
