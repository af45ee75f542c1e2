/** All claims, in the order of a reader's questions. */
import authorship from "./authorship.mjs";
import collusion from "./collusion.mjs";
import crossList from "./cross-list.mjs";
import epochs from "./epochs.mjs";
import introductions from "./introductions.mjs";
import newListKey from "./new-list-key.mjs";
import oracle from "./oracle.mjs";
import promises from "./promises.mjs";
import quantum from "./quantum.mjs";
import sharedSecrets from "./shared-secrets.mjs";
import spinClaims from "./spin.mjs";
import through from "./through.mjs";

export const horn = [
  ...promises,
  ...crossList,
  ...collusion,
  ...sharedSecrets,
  ...newListKey,
  ...epochs,
  ...quantum,
  ...oracle,
  ...authorship,
  ...through,
  ...introductions,
];
export { spinClaims };
