/** A list's server in a folder of its own, with the vectors' keys and clock: what it answers to one request after the other. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeMailbox, parseAddress, requestAddress } from "../../../src/mail/mailbox.js";
import { writeRequestMail } from "../../../src/mail/request-mail.js";
import { claimDigest } from "../../../src/membership/invitation/server-card.js";
import { sealingHalf, writeOpeningKey, writeSealingKey } from "../../../src/openpgp/keys.js";
import { dataFolder, makeFolders } from "../../../src/server/base/data-folder.js";
import { openLog } from "../../../src/server/base/log.js";
import { RequestLimiter } from "../../../src/server/base/rate-limits.js";
import { openWorkbench } from "../../../src/server/parse/jobs.js";
import type { Reader } from "../../../src/server/parse/reader.js";
import { type RequestOutcome, takeRequest } from "../../../src/server/request/take-request.js";
import { ListsInUse } from "../../../src/server/store/lists-in-use.js";
import { openStore } from "../../../src/server/store/open-store.js";
import { Heads } from "../../../src/server/store/rollback-guard.js";
import { DAY, type MembershipCast, NOW, team } from "./cast.js";
import type { Case, ServerStep } from "./format.js";
import { ID } from "./sealing.js";

const said = (outcome: RequestOutcome): string => {
  switch (outcome.kind) {
    case "answered":
      return outcome.code === "repeat" ? "repeat" : `answered ${outcome.code}`;
    case "refused":
      return `unproved ${outcome.code}`;
    case "too-many":
      return outcome.kind;
  }
};

/** The outcome of each step on a list that was just made, with a card whose code is {@link ID}. */
export async function answersOf(
  steps: readonly ServerStep[],
  { profile, server }: MembershipCast,
): Promise<string[]> {
  const path = await mkdtemp(join(tmpdir(), "listseal-vector-"));
  let clock = NOW.getTime();
  try {
    const folder = dataFolder(path);
    await makeFolders(folder);
    const serverKeyFile = "team.key";
    await writeFile(join(folder.keys, serverKeyFile), await writeOpeningKey(server), { mode: 0o600 });
    const store = await openStore({ kind: "sqlite", file: folder.database });
    const said_ = { by: "operator", at: NOW.toISOString() } as const;
    const list = await store.createList(
      {
        address: team,
        name: "Team",
        mode: "key",
        delivery: "resealed",
        profile,
        serverKeyFile,
        serverFingerprint: server.fingerprint,
        serverCertificate: writeSealingKey(sealingHalf(server)),
      },
      undefined,
      [{ do: "create", list: team, ...said_ }],
      clock,
    );
    await store.setClaim(list.id, await claimDigest(ID), clock + 7 * DAY);
    const workbench = openWorkbench();
    const reader: Reader = { do: (job, given) => workbench[job](given) };
    const parts = {
      store,
      lists: new ListsInUse(store, folder),
      heads: new Heads(folder.heads),
      log: openLog({ write: () => true }),
      requests: new RequestLimiter(),
      reader,
      now: () => clock,
      wake: () => undefined,
    };
    const outcomes: string[] = [];
    for (const { at, sealed, from } of steps) {
      clock = Date.parse(at);
      const raw = writeRequestMail({
        kind: "request",
        list: team,
        from: makeMailbox(undefined, parseAddress(from)),
        to: makeMailbox(undefined, requestAddress(team)),
        date: new Date(at),
        messageId: "<1@example.test>",
        sealed: new Uint8Array(Buffer.from(sealed, "base64")),
      });
      const now = await store.listById(list.id);
      if (now === undefined) throw new Error("no list");
      outcomes.push(said(await takeRequest(parts, now, raw)));
    }
    await store.close();
    return outcomes;
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** The last step's outcome; every other is what its step says. */
export async function runServer({ steps = [] }: Case, cast: MembershipCast): Promise<string> {
  const outcomes = await answersOf(steps, cast);
  for (const [index, { expect: expected }] of steps.entries()) {
    if (outcomes[index] !== expected) return `step ${index + 1}: ${outcomes[index]}`;
  }
  return outcomes.at(-1) ?? "nothing";
}
