import type { ListSettings } from "../world/list-server.js";
import type { ListPlan } from "./owner.js";

/** One setting in `report.json`, filled from what was observed. */
export interface SettingReport extends ListSettings {
  /** Whose Thunderbird showed the letters, whole and verified. */
  readonly opened: readonly string[];
  /** Whose Thunderbird did not get or not show the letter after the removal. */
  readonly notOpened: readonly string[];
  /** In how many places the marker was found. */
  readonly markerFound: { readonly wire: number; readonly server: number; readonly imap: number };
  /** What a former member gets out of a capture of every wire with all her keys. */
  readonly wiretap: { readonly Eve: "opened" | "not-opened" };
}

/** The tour's result as data. */
export interface TourReport {
  readonly settings: readonly SettingReport[];
}

/**
 * What each setting promises. In delivery `opened` the server sends on under the list key alone, which Eve still has:
 * she gets no copy, but whoever taps a wire for her lets her read. That is what this setting gives up.
 */
export function promised({ mode, delivery }: ListPlan): SettingReport {
  return {
    mode,
    delivery,
    opened: ["Bob", "Carol"],
    notOpened: ["Eve"],
    markerFound: { wire: 0, server: 0, imap: 0 },
    wiretap: { Eve: delivery === "resealed" ? "not-opened" : "opened" },
  };
}

/** The name of a setting in texts. */
export const settingName = ({ mode, delivery }: ListSettings): string => `${mode}, ${delivery}`;

/** What differs from the promise, in words; nothing if all is as promised. */
export function differencesOf(observed: SettingReport, promise: SettingReport): readonly string[] {
  const name = settingName(promise);
  const fields = ["opened", "notOpened", "markerFound", "wiretap"] as const;
  return fields.flatMap((field) => {
    const seen = JSON.stringify(observed[field]);
    const wanted = JSON.stringify(promise[field]);
    return seen === wanted ? [] : [`${name}: ${field} is ${seen}, but ${wanted} was promised`];
  });
}
