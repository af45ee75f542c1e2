/** What `doctor` finds in the queue: why copies wait, and what the operator does about each. */
import type { ReasonCount } from "../store/queue-admin.js";
import type { Store } from "../store/store.js";
import { type Diagnosis, look, ok, wrong } from "./diagnosis.js";

const HOUR_MS = 3_600_000;
/** A share of a list's copies that no single member's mail system refuses. */
const EVERYBODY = 0.5;
/** Below so many people, a share says nothing. */
const SEVERAL = 3;

/** @param relayAnswers whether the relay takes mail now */
export async function examineQueue(store: Store, relayAnswers: boolean): Promise<readonly Diagnosis[]> {
  const { waiting, aside } = await store.queueCounts();
  const oldest = await store.oldestPost();
  const hours = oldest === undefined ? 0 : Math.floor((Date.now() - oldest) / HOUR_MS);
  const findings: Diagnosis[] = [];
  if (waiting > 0 && hours > 0) {
    findings.push(
      relayAnswers
        ? look(
            "relay-back",
            `queue: ${waiting} waiting, the oldest post for ${hours} h, although the relay answers`,
            "listseal-server queue flush --all; if they wait again, listseal-server queue show --waiting",
          )
        : look(
            "copies-late",
            `queue: ${waiting} waiting, the oldest post for ${hours} h`,
            "mend the relay (below); copies wait for it, and go out by themselves",
          ),
    );
  } else findings.push(ok(`queue: ${waiting} waiting, ${aside} set aside`));
  const sizes = await store.rosterSizes();
  for (const count of await store.asideCounts()) findings.push(reasonOf(count, sizes.get(count.list) ?? 0));
  return findings;
}

function reasonOf({ reason, list, jobs, people, keyless }: ReasonCount, members: number): Diagnosis {
  const text = `${list}: ${jobs} set aside, ${reason}`;
  const those = `--list ${list} --reason ${reason}`;
  const show = `listseal-server queue show ${those}`;
  if (reason.startsWith("relay-")) {
    return people >= SEVERAL && people >= members * EVERYBODY
      ? wrong(
          "copies-refused-all",
          `${text}, for ${people} of ${members} members: the relay refuses us, or our domain is blocked`,
          `read the relay's log; when it accepts mail again, listseal-server queue retry ${those}`,
        )
      : look(
          "copies-refused",
          `${text}: the member's mail system refused the copy`,
          `${show}; then listseal-server queue drop ${those}, and listseal-server member remove ${list} ADDRESS if they are gone`,
        );
  }
  switch (reason) {
    case "too-many-attempts":
      return look(
        "copies-given-up",
        `${text}: five days are over, or the server died at each attempt`,
        `listseal-server queue retry ${those}, once; if that fails, report it and drop them`,
      );
    case "restored":
      return look(
        "copies-restored",
        `${text}: they come from a backup's queue, and were most likely sent already`,
        `listseal-server queue drop ${those}`,
      );
    case "on-hold":
      return look("copies-on-hold", `${text}: you hold them`, `listseal-server queue retry ${those}`);
    default:
      return keyless > 0
        ? look(
            "copies-without-key",
            `${text}: the member's key can't be used, and they were notified`,
            `when they have a new key: listseal-server queue retry ${those}`,
          )
        : wrong(
            "post-unreadable",
            `${text}: a post can't be resealed; the others continue`,
            `listseal-server list show ${list}: is the server key there? If so, report it, and listseal-server queue drop ${those}`,
          );
  }
}
