import { noHistory } from "../../membership/roster/state.js";
import type { OwnedList } from "./owned-list.js";

/** What an owner's record of a list holds when it is begun, whoever begins it: by the server's card, or by another owner's word. */
export const nothingYet = {
  invitations: [],
  history: noHistory,
  heads: [],
  awaited: [],
  members: [],
  membersAt: null,
  held: 0,
  refusals: [],
  rekeying: null,
  serverMove: null,
  telling: null,
  notices: [],
  alarms: [],
} as const satisfies Partial<OwnedList>;
