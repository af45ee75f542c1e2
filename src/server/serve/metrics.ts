/**
 * Numbers for Prometheus. Labels are lists' addresses, kinds and codes; never a person's address, a message id or
 * anything else that grows with the mail.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { CopyOutcome } from "../delivery/worker.js";
import type { Ledger } from "../store/ledger.js";
import type { CopyRecipient } from "../store/lists-in-use.js";
import type { Store } from "../store/store.js";

export interface Metrics {
  /** A mail came; `reply` is what its sender was told. */
  mail(what: CopyRecipient["kind"], reply: number): void;
  /** An attempt for a copy or notice ended. */
  copy(outcome: CopyOutcome): void;
  /** In Prometheus' text format, version 0.0.4. */
  text(): Promise<string>;
}

/** What is counted when it is asked for. */
export interface MetricsContext {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly pausedLists: () => Promise<number>;
  readonly freeSpace: () => Promise<number>;
  /** Whether the relay can be connected to now. */
  readonly relayAnswers: () => Promise<boolean>;
  readonly now: () => number;
}

/** Metrics of one server; the queue and the rosters are counted in `store` when they are asked for. */
export function openMetrics({
  store,
  ledger,
  pausedLists,
  freeSpace,
  relayAnswers,
  now,
}: MetricsContext): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const registers = [register];
  const mails = new Counter({
    name: "listseal_mails_total",
    help: "Mails received, by kind of address and reply code",
    labelNames: ["what", "reply"] as const,
    registers,
  });
  const copies = new Counter({
    name: "listseal_copies_total",
    help: "Attempts to hand a copy or notice to the relay, by outcome",
    labelNames: ["outcome"] as const,
    registers,
  });
  // a gauge registers itself, and is asked through the registry
  new Gauge({
    name: "listseal_queue_jobs",
    help: "Copies and notices in the queue: waiting, or set aside for the operator",
    labelNames: ["state"] as const,
    registers,
    async collect() {
      const { waiting, aside } = await store.queueCounts();
      this.set({ state: "waiting" }, waiting);
      this.set({ state: "aside" }, aside);
    },
  });
  new Gauge({
    name: "listseal_members",
    help: "Members on the list's roster",
    labelNames: ["list"] as const,
    registers,
    async collect() {
      for (const [list, members] of await store.rosterSizes()) this.set({ list }, members);
    },
  });
  new Gauge({
    name: "listseal_lists_paused",
    help: "Lists paused after a restore, until an owner resumes them",
    registers,
    async collect() {
      this.set(await pausedLists());
    },
  });
  const gauge = (name: string, help: string, value: () => Promise<number>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await value());
      },
    });
  gauge("listseal_queue_oldest_seconds", "Age of the oldest post that still has copies to send", async () => {
    const oldest = await store.oldestPost();
    return oldest === undefined ? 0 : Math.max(0, (now() - oldest) / 1_000);
  });
  gauge("listseal_disk_free_bytes", "Free space on the disk of the data folder", freeSpace);
  gauge("listseal_relay_up", "1 if the server can connect to the relay, else 0", async () =>
    (await relayAnswers()) ? 1 : 0,
  );
  new Gauge({
    name: "listseal_members_suspended",
    help: "Members who get no copies because of bounces",
    labelNames: ["list"] as const,
    registers,
    async collect() {
      const suspended = await ledger.suspendedCounts("bounces");
      for (const { address: list } of await store.lists()) this.set({ list }, suspended.get(list) ?? 0);
    },
  });
  return {
    mail: (what, reply) => mails.inc({ what, reply: String(reply) }),
    copy: (outcome) => copies.inc({ outcome }),
    text: () => register.metrics(),
  };
}
