import { nothing } from "../../../membership/file/check.js";
import { told } from "../../platform/rpc/call.js";

/** What the background page tells the display script of each mail that is on a screen. */
export const viewEvents = {
  /** Keys were locked, and nothing that was opened may stay on the screen. */
  "view:clear": told(nothing),
  /** A key was unlocked: what is locked on the screen is asked about again. */
  "view:unlocked": told(nothing),
  /** What verdicts are made of has changed, so an opened mail is asked about again. */
  "view:renew": told(nothing),
};
export type ViewEvents = typeof viewEvents;
