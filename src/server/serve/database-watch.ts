/**
 * Whether the server does its work or only looks as if: for readiness, for systemd's watchdog, and when it is to stop.
 *
 * A process that answers `/healthz` may wait for ever for a database that fell silent. Whoever watches has to see that.
 */
import { execFile } from "node:child_process";
import { codeForLog, type Log } from "../base/log.js";
import type { Store } from "../store/store.js";

/** A database that has not answered for so long, in milliseconds, counts as silent: readiness says so. */
export const SILENT_MS = 5_000;

/** Nothing waits for the database as long as this, in milliseconds, unless its own time-outs don't work: start over. */
export const STUCK_MS = 3 * 60_000;

/**
 * How long a server drains when it is told to stop, in milliseconds: below systemd's patience (TimeoutStopSec=). Stops a silent
 * database or relay from keeping the process. What is on its way then is as after a crash: nothing is lost.
 */
export const STOP_PATIENCE_MS = 45_000;

/** How long the longest wait for the database has lasted, in milliseconds; 0 if nothing waits. */
export function silenceOf(store: Pick<Store, "waitingSince">): number {
  const since = store.waitingSince();
  return since === undefined ? 0 : performance.now() - since;
}

/** False if `answer` has not come within `ms`. @throws what it is rejected with */
export async function answersWithin(ms: number, answer: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([answer.then(() => true as const), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Stops `service`; its end is not waited for longer than `ms`. @returns false if it had not drained by then */
export async function stopWithin(ms: number, service: { stop(): Promise<void> }, log: Log): Promise<boolean> {
  try {
    const isDrained = await answersWithin(ms, service.stop());
    if (!isDrained) log.error("drain-failed");
    return isDrained;
  } catch (error) {
    log.error("drain-failed", { code: codeForLog(error) });
    return false;
  }
}

/**
 * Tells systemd that the server has started, and every now and then that it is not stuck, where the unit asks for either
 * (Type=notify; WatchdogSec=; sd_notify(3), sd_watchdog_enabled(3)).
 *
 * Through systemd-notify, since Node has no datagram sockets to files. A process whose event loop stands still tells nothing.
 *
 * @returns ends it
 */
export function reportToSystemd(isStuck: () => boolean, log: Log, environment = process.env): () => void {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: usec = "", WATCHDOG_PID: pid } = environment;
  if (socket === undefined) return () => undefined;
  const tell = (state: string) => {
    execFile("systemd-notify", [state], { env: environment }, (error) => {
      if (error !== null) log.error("watchdog-failed", { code: codeForLog(error) });
    });
  };
  tell("READY=1");
  const every = Math.floor(Number(usec) / 1_000 / 3);
  if (!(every > 0) || (pid !== undefined && pid !== `${process.pid}`)) return () => undefined;
  const timer = setInterval(() => {
    if (isStuck()) return log.error("stuck");
    tell("WATCHDOG=1");
  }, every);
  return () => clearInterval(timer);
}
