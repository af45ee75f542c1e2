/**
 * The server's answer to a request: signed (kind `answer`) by the list's server key, sealed to the asker, and naming the
 * request, so that an answer to one can't pass for the answer to another.
 *
 * It goes to the asker's address on the roster, never to where a mail says it came from.
 */

import type { Address } from "../../mail/mailbox.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { assertIntendedFor } from "../../openpgp/intended-recipients.js";
import {
  armorSealingKey,
  type OpeningKey,
  parseSealingKey,
  type SealingKey,
  subkeyDates,
} from "../../openpgp/keys.js";
import { openLayer } from "../../openpgp/open-layer.js";
import { assertSize } from "../../openpgp/policy.js";
import { sealLayer } from "../../openpgp/seal-layer.js";
import { profileOf } from "../../openpgp/secrets.js";
import { verifyOnly } from "../../openpgp/signature.js";
import { readNotations, signBinding } from "../../protocol/binding.js";
import { anyObject, armored, formatDate, hexDigits, isoDate, objectOf } from "../file/declaration.js";
import { FILE_VERSION, kindFields, readJson } from "../file/json-fields.js";
import {
  mayComeUnasked,
  type RequestResult,
  readResult,
  resultDeclaration,
  writeResult,
} from "./answer-result.js";
import { ID_OCTETS } from "./commands.js";
import { jsonBytes, type RequestedList, requestedList } from "./request.js";

/** A sealed answer: pages of the roster and of the record. Against an "answer" that fills the memory. */
export const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

const envelope = {
  ...kindFields("answer"),
  request: hexDigits(2 * ID_OCTETS),
  date: isoDate,
  list: requestedList,
  server: armored,
};

/** An answer's JSON. */
export const answerDeclaration = objectOf({ ...envelope, result: resultDeclaration });

/** An answer whose result may be of a later version. */
const anyAnswer = objectOf({ ...envelope, result: anyObject });

/** An answer. */
export interface Answer {
  /** The id of the request that it answers. */
  readonly request: string;
  readonly date: Date;
  readonly list: RequestedList;
  readonly result: RequestResult;
  /** The list's server certificate of today: its encryption subkeys are replaced from time to time. */
  readonly server: SealingKey<"server">;
}

/**
 * Writes, signs and seals an answer.
 *
 * @param server the list's server key
 * @param asker  the certificate that signed the request, as the roster has it (for a join: the one that came with it)
 * @throws ListSealError `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm` for an asker's key that can't be used
 */
export async function writeAnswer(
  answer: Answer,
  server: OpeningKey<"server">,
  asker: SealingKey<"member">,
): Promise<Uint8Array> {
  const { request, date, list, result } = answer;
  const bytes = jsonBytes({
    listseal: FILE_VERSION,
    kind: "answer",
    request,
    date: formatDate(date),
    list: { address: list.address, key: list.key },
    result: writeResult(result),
    server: armorSealingKey(answer.server),
  });
  const signature = await signBinding(bytes, server, { kind: "answer" }, [asker.fingerprint], date);
  return sealLayer(bytes, signature, [asker], profileOf(asker), date);
}

/** What an asker knows of the answer that it waits for. */
export interface ExpectedAnswer {
  readonly list: { readonly address: Address };
  /** As it is known here; a newer one with the same primary key may come with the answer. */
  readonly server: SealingKey<"server">;
  /** The ids of the requests that wait for an answer. */
  readonly requests: readonly string[];
}

/**
 * Opens an answer.
 *
 * @param asker the member key that signed the request
 * @returns the answer, or `not-for-me` if no key of the asker opens it
 * @throws ListSealError `too-large`, `damaged`, `wrong-kind`, `unsupported-version`, `unknown-author` (another server),
 *   `bad-signature`, `from-the-future`, `wrong-list` (also: made for another reader), `binding-mismatch` (an answer to a request that nobody here made, or
 *   with a server certificate of another primary key)
 */
export async function openAnswer(
  sealed: Uint8Array,
  asker: OpeningKey<"member">,
  expected: ExpectedAnswer,
  now: Date = new Date(),
): Promise<Answer | "not-for-me"> {
  assertSize(sealed, MAX_ANSWER_BYTES, "the answer");
  const layer = await openLayer(sealed, asker);
  if (layer === "not-for-me") return layer;
  assertSize(layer.literal, 4 * MAX_ANSWER_BYTES, "the opened answer");
  const { notations, readers } = await verifyOnly(
    layer.literal,
    layer.signatures,
    expected.server.certificate,
    now,
  );
  assertIntendedFor(readers, asker.fingerprint);
  readNotations(notations, "answer", []);
  const said = readJson(layer.literal, anyAnswer, { kind: "answer", from: "message", code: "damaged" });
  const { list, request, date } = said;
  if (list.address !== expected.list.address) {
    throw new ProtocolError("wrong-list", "the answer is about another list");
  }
  const result = readResult(said.result);
  if (!mayComeUnasked(result) && !expected.requests.includes(request)) {
    throw new ProtocolError("binding-mismatch", "nobody here made the request that is answered");
  }
  const server = await parseSealingKey("server", said.server);
  if (server.fingerprint !== expected.server.fingerprint) {
    throw new ProtocolError("binding-mismatch", "another server key comes only with an owner's notice");
  }
  return { request, date, list, result, server };
}

/** The date of the newest encryption subkey. */
const newestSubkey = ({ certificate }: SealingKey<"server">): number =>
  Math.max(...subkeyDates(certificate).map((date) => date.getTime()));

/**
 * Which of two certificates of one server key to seal with: the one with the newer encryption subkey. An old answer that
 * somebody sends again must not take an add-on back to a subkey that the server has deleted.
 *
 * @param known   as it is kept here
 * @param offered of an answer that was opened ({@link openAnswer})
 * @throws ListSealError `binding-mismatch` for another primary key: that comes with an owner's notice only
 */
export function laterServerKey(
  known: SealingKey<"server">,
  offered: SealingKey<"server">,
): SealingKey<"server"> {
  if (known.fingerprint !== offered.fingerprint) {
    throw new ProtocolError("binding-mismatch", "another server key comes only with an owner's notice");
  }
  return newestSubkey(offered) > newestSubkey(known) ? offered : known;
}
