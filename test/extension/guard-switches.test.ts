import { guardNames } from "../../src/extension/writing/guard-names.js";
import { allGuards, loadGuards, switchGuard } from "../../src/extension/writing/guard-switches.js";
import { local, resetHost } from "./fake-host.js";

describe("the switches", () => {
  beforeEach(resetHost);

  test("all ask until one is switched off, and that is kept", async () => {
    expect(await loadGuards()).toEqual(Object.fromEntries(guardNames.map((name) => [name, true])));
    await switchGuard("bcc", false);
    expect(await loadGuards()).toEqual({ ...allGuards, bcc: false });
    expect(await switchGuard("bcc", true)).toEqual(allGuards);
  });

  test("a record that is damaged, or half there, asks", async () => {
    for (const damaged of ["off", { bcc: "no" }, null, 7]) {
      await local.set({ guards: damaged });
      expect(await loadGuards()).toEqual(allGuards);
    }
    await local.set({ guards: { "clear-to-list": false, unknown: false } });
    expect(await loadGuards()).toEqual({ ...allGuards, "clear-to-list": false });
  });
});
