import { builtinModules } from "node:module";
import { resolve } from "node:path";
import { defineConfig, type EnvironmentOptions, type Plugin } from "vite";
import packageJson from "./package.json" with { type: "json" };
import { manifestFor, PNG_SIZES, type Target } from "./src/extension/app/manifest.js";

/**
 * One `vite build` makes all doors:
 * - `dist/extension`, for Thunderbird: pages, background page and worker as ES modules, and what runs in message documents,
 *   where nothing can be imported, as classic scripts: a small one in every mail, and the display that it asks for;
 * - `dist/chromium` and `dist/firefox`: the pages that both browsers have, the worker, and a background in one file, since a
 *   service worker can't import anything later;
 * - `dist/server/cli.js`: the list server for Node, with the packages of node_modules left outside.
 */
const root = import.meta.dirname;
// whoever builds with a NODE_ENV of their own would get development code, with the paths of their disk in it
process.env["NODE_ENV"] = "production";
const extension = resolve(root, "src/extension");
const outside = new Set([...builtinModules, ...Object.keys(packageJson.dependencies)]);

const buildOf: Readonly<Record<string, Target>> = {
  client: "thunderbird",
  chromium: "chromium",
  firefox: "firefox",
};

/** Puts its manifest beside each build, and the pictures that Chromium needs. */
const manifest: Plugin = {
  name: "listseal-manifest",
  applyToEnvironment: (environment) => buildOf[environment.name] !== undefined,
  async generateBundle() {
    const target = buildOf[this.environment.name];
    if (target === undefined) return;
    const source = `${JSON.stringify(manifestFor(target), null, 2)}\n`;
    this.emitFile({ type: "asset", fileName: "manifest.json", source });
    if (target !== "chromium") return;
    for (const size of PNG_SIZES) {
      const name = `seal-${size}.png`;
      const picture = await this.fs.readFile(resolve(extension, "app/browser/icons", name));
      this.emitFile({ type: "asset", fileName: `icons/${name}`, source: picture });
    }
  },
};

/** Pages and their parts as ES modules. */
const modules = {
  format: "es",
  entryFileNames: "[name].js",
  chunkFileNames: "chunks/[name]-[hash].js",
  assetFileNames: "assets/[name][extname]",
} as const;

/** What both browsers have, and what stands in their manifests or is named by an address. */
const browserPages = {
  worker: resolve(extension, "worker/main.ts"),
  options: resolve(extension, "app/browser/options.html"),
  reader: resolve(extension, "app/browser/reader/reader.html"),
  composer: resolve(extension, "app/browser/composer.html"),
  lists: resolve(extension, "app/browser/lists/lists.html"),
  "webmail/read": resolve(extension, "app/webmail/read.html"),
  "webmail/write": resolve(extension, "app/webmail/write.html"),
};

/** The pages of one browser. */
function browserBuild(name: "chromium" | "firefox", target: string): EnvironmentOptions {
  return {
    consumer: "client",
    build: {
      target,
      outDir: resolve(root, "dist", name),
      emptyOutDir: true,
      rolldownOptions: { input: browserPages, output: modules },
    },
  };
}

/**
 * A script of a browser that has to be one file: the background, or what is put into pages of others.
 * @param entry its name in the build, and where it is below src/extension
 */
function scriptBuild(
  name: "chromium" | "firefox",
  target: string,
  [file, source]: readonly [file: string, source: string],
  format: "es" | "iife",
): EnvironmentOptions {
  return {
    consumer: "client",
    build: {
      target,
      outDir: resolve(root, "dist", name),
      emptyOutDir: false,
      copyPublicDir: false,
      rolldownOptions: {
        input: { [file]: resolve(extension, source) },
        output: { format, entryFileNames: "[name].js", codeSplitting: false },
      },
    },
  };
}

/** A script in Thunderbird's message documents. */
function displayBuild(file: string, source: string): EnvironmentOptions {
  return {
    consumer: "client",
    build: {
      outDir: resolve(root, "dist/extension"),
      emptyOutDir: false,
      copyPublicDir: false,
      rolldownOptions: {
        input: resolve(extension, source),
        output: { format: "iife", entryFileNames: file, codeSplitting: false },
      },
    },
  };
}

const background = ["background", "app/browser/background.ts"] as const;
/** What runs in the pages of webmails, where nothing can be imported. */
const webmail = ["webmail", "app/webmail/content.ts"] as const;

/** The oldest of each that the manifests let in. */
const CHROMIUM = "chrome148";
const FIREFOX = "firefox142";

export default defineConfig({
  root: extension,
  publicDir: resolve(root, "public"),
  plugins: [manifest],
  // one polyfill for us and for webext-bridge, which would bring its own older copy
  resolve: { dedupe: ["webextension-polyfill"] },
  build: { target: FIREFOX, modulePreload: false, sourcemap: false, minify: true },
  builder: {
    async buildApp(builder) {
      for (const name of Object.keys(builder.environments)) {
        if (name === "ssr") continue;
        const environment = builder.environments[name];
        if (environment === undefined) throw new Error(`no build environment ${name}`);
        await builder.build(environment);
      }
    },
  },
  environments: {
    client: {
      build: {
        outDir: resolve(root, "dist/extension"),
        emptyOutDir: true,
        rolldownOptions: {
          input: {
            background: resolve(extension, "app/thunderbird/background.ts"),
            worker: resolve(extension, "worker/main.ts"),
            options: resolve(extension, "app/options/options.html"),
            popup: resolve(extension, "app/thunderbird/popup.html"),
            verdict: resolve(extension, "app/thunderbird/mail-page/verdict.html"),
            opened: resolve(extension, "app/thunderbird/mail-page/opened.html"),
            "private-answer": resolve(extension, "app/thunderbird/mail-page/private-answer.html"),
            space: resolve(extension, "app/thunderbird/space/space.html"),
          },
          output: modules,
        },
      },
    },
    display: displayBuild("display.js", "app/thunderbird/display-gate.ts"),
    view: displayBuild("view.js", "app/thunderbird/display.ts"),
    chromium: browserBuild("chromium", CHROMIUM),
    chromiumScripts: scriptBuild("chromium", CHROMIUM, background, "es"),
    chromiumWebmail: scriptBuild("chromium", CHROMIUM, webmail, "iife"),
    firefox: browserBuild("firefox", FIREFOX),
    firefoxScripts: scriptBuild("firefox", FIREFOX, background, "es"),
    firefoxWebmail: scriptBuild("firefox", FIREFOX, webmail, "iife"),
    server: {
      consumer: "server",
      build: {
        target: "node20",
        outDir: resolve(root, "dist/server"),
        emptyOutDir: true,
        copyPublicDir: false,
        ssr: true,
        minify: false,
        rolldownOptions: {
          input: {
            cli: resolve(root, "src/server/cli/main.ts"),
            // a thread of its own, beside the program
            "reading-worker": resolve(root, "src/server/parse/worker.ts"),
          },
          external: (id) =>
            id.startsWith("node:") ||
            outside.has(
              id
                .split("/")
                .slice(0, id.startsWith("@") ? 2 : 1)
                .join("/"),
            ),
          output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
        },
      },
    },
  },
});
