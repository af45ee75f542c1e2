import packageJson from "../../package.json" with { type: "json" };

/**
 * The add-on's manifest: what all builds share, and what each host program has of its own. vite.config.ts writes one of
 * them beside each build; docs/PERMISSIONS.md explains every right in it.
 */
export const targets = ["thunderbird", "chromium", "firefox"] as const;
/** A program that ListSeal is built for. */
export type Target = (typeof targets)[number];

const common = {
  manifest_version: 3,
  name: "__MSG_extension_name__",
  description: "__MSG_extension_description__",
  version: packageJson.version,
  default_locale: "en",
} as const;

/** Sizes of the pictures for Chromium, which takes no SVG. */
export const PNG_SIZES = [16, 32, 48, 128] as const;

const svgIcons = { "16": "icons/seal.svg", "32": "icons/seal.svg", "64": "icons/seal.svg" };
const pngIcons = Object.fromEntries(PNG_SIZES.map((size) => [String(size), `icons/seal-${size}.png`]));

const thunderbird = {
  ...common,
  browser_specific_settings: {
    gecko: { id: "listseal@listseal.example", strict_min_version: "153.0" },
  },
  icons: svgIcons,
  permissions: [
    "accountsRead",
    "accountsIdentities",
    "compose",
    "compose.save",
    "downloads",
    "menus",
    "messagesDelete",
    "messagesModify",
    "messagesRead",
    "scripting",
    "storage",
  ],
  optional_permissions: ["accountsFolders", "messages.send", "messagesImport"],
  background: { scripts: ["background.js"], type: "module" },
  compose_action: {
    default_title: "__MSG_compose_button__",
    default_icon: { "16": "icons/seal-off.svg", "32": "icons/seal-off.svg" },
  },
  // the same for every mail: a label of its own would stay for a moment when the next one is chosen
  message_display_action: {
    default_title: "__MSG_mail_button__",
    default_label: "",
    default_icon: { "16": "icons/seal-off.svg", "32": "icons/seal-off.svg" },
    default_popup: "mail-page/verdict.html",
  },
  commands: {
    _execute_compose_action: { suggested_key: { default: "Ctrl+Shift+U" } },
    "keep-sealed-draft": {
      suggested_key: { default: "Ctrl+Shift+Y" },
      description: "__MSG_menu_keep_draft__",
    },
  },
  message_display_scripts: [{ js: ["display.js"], run_at: "document_start" }],
  options_ui: { page: "options/options.html", open_in_tab: true },
  content_security_policy: {
    extension_pages:
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; worker-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  },
};

/**
 * What pages of a browser may load. The Reader page shows mail in a sandboxed frame without an address, which inherits this:
 * the styles that a mail brings are inline, its pictures `data:` or `blob:`, and nothing comes from a network. `frame-src`
 * keeps that frame from being led away by a link.
 */
const browserPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "frame-src 'none'",
  "worker-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
].join("; ");

/** What a webmail that the person has allowed may show in a frame: nothing else of ours can be reached from any page. */
const frames = { resources: ["webmail/read.html", "webmail/write.html"], matches: ["*://*/*"] };

const browser = {
  ...common,
  permissions: ["activeTab", "contextMenus", "scripting", "storage"],
  // never asked for as a whole: the one site that the person names
  optional_host_permissions: ["*://*/*"],
  options_ui: { page: "browser/options.html", open_in_tab: true },
  content_security_policy: { extension_pages: browserPolicy },
};

const chromium = {
  ...browser,
  // the version that the tests run in
  minimum_chrome_version: "156",
  // messages carry bytes as they are, as in Firefox
  message_serialization: "structured_clone",
  // at an address that a page can't know before our script has put the frame there
  web_accessible_resources: [{ ...frames, use_dynamic_url: true }],
  icons: pngIcons,
  background: { service_worker: "background.js", type: "module" },
  action: { default_title: "__MSG_open_reader__", default_icon: pngIcons },
};

const firefox = {
  ...browser,
  // an address by chance for each installation, by itself
  web_accessible_resources: [frames],
  browser_specific_settings: {
    gecko: {
      id: "listseal-browser@listseal.example",
      strict_min_version: "153.0",
      data_collection_permissions: { required: ["none"] },
    },
  },
  icons: svgIcons,
  background: { scripts: ["background.js"], type: "module" },
  action: { default_title: "__MSG_open_reader__", default_icon: svgIcons },
};

/** The manifest of each build. */
export const manifests = { thunderbird, chromium, firefox } as const;
