import type { Target } from "./target.js";

/** The targets by their names; each is loaded alone, since html needs a document and the others must not have one. */
const targets: Readonly<Record<string, () => Promise<{ readonly target: Target }>>> = {
  mime: () => import("./targets/mime.js"),
  openpgp: () => import("./targets/openpgp.js"),
  html: () => import("./targets/html.js"),
  smtp: () => import("./targets/smtp.js"),
  requests: () => import("./targets/requests.js"),
  bounce: () => import("./targets/bounce.js"),
  invitation: () => import("./targets/invitation.js"),
};

export const targetNames: readonly string[] = Object.keys(targets);

/** @throws Error for a name that is not known */
export async function targetNamed(name: string): Promise<Target> {
  const load = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (load === undefined) throw new Error(`there is no target ${name}; there are ${targetNames.join(", ")}`);
  return (await load()).target;
}
