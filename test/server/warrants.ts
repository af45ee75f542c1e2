/** Warrants for posts that a test puts into the store past every door. */
import type { List, PostAuthorization } from "../../src/server/store/store.js";

/** True as long as the list stays as it is: somebody who is on no roster posted. */
export const anybodysWarrant = (list: List): PostAuthorization => ({
  list,
  signedAt: Number.MAX_SAFE_INTEGER,
  by: { kind: "non-member", address: "anybody@elsewhere.test" },
});
