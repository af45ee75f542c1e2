import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A small add-on that does by itself what the harness has to be able to see: a compose action button, something in
 * storage, and a display script that shows text and a picture in a closed shadow root.
 */
const MANIFEST = {
  manifest_version: 3,
  name: "Probe",
  version: "1.0",
  browser_specific_settings: { gecko: { id: "probe@example.test", strict_min_version: "128.0" } },
  permissions: ["storage", "compose", "messagesRead", "messagesModify"],
  background: { scripts: ["background.js"] },
  compose_action: { default_title: "Probe button" },
  message_display_scripts: [{ js: ["display.js"] }],
};

const BACKGROUND = `
messenger.composeAction.onClicked.addListener(async (tab) => {
  await messenger.composeAction.setBadgeText({ tabId: tab.id, text: "on" });
  await messenger.storage.local.set({ zebra: 1, clicked: { b: 2, a: 1 } });
});
messenger.compose.onBeforeSend.addListener((tab, details) =>
  details.subject.includes("refuse me") ? { cancel: true } : {});
`;

const DISPLAY = `
(async () => {
  const { clicked } = await messenger.storage.local.get("clicked");
  const host = document.createElement("listseal-view");
  const root = host.attachShadow({ mode: "closed" });
  root.innerHTML = '<style>p { color: green }</style><p>Probe sees ' + document.body.textContent.trim().length +
    ' characters, ' + JSON.stringify(clicked ?? null) + '</p><img src="' + "%PICTURE%" + '"><button>Press me</button>';
  root.querySelector("button").addEventListener("click", () => { root.querySelector("p").textContent = "Pressed"; });
  document.body.prepend(host);
})();
`;

/**
 * Writes the probe add-on into a folder and gives the folder.
 * @param picture base64 of the PNG that it shows
 */
export function writeProbeAddon(folder: string, picture: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(MANIFEST));
  writeFileSync(join(folder, "background.js"), BACKGROUND);
  writeFileSync(join(folder, "display.js"), DISPLAY.replace("%PICTURE%", `data:image/png;base64,${picture}`));
  return folder;
}
