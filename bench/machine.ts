/** What the figures were measured on. */
import { cpus, loadavg, release, totalmem, type } from "node:os";

/** One line: processor, memory, system, Node, and how busy the machine is with other things. */
export function machine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const load = loadavg()[0]?.toFixed(1) ?? "?";
  return `${processors.length} x ${model}, ${memory}, ${type()} ${release()}, Node ${process.versions.node}, load ${load}`;
}
