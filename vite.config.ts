import { builtinModules } from "node:module";
import { resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";
import packageJson from "./package.json" with { type: "json" };

/**
 * One `vite build` makes both doors:
 * - `dist/extension`: pages, background page and worker as ES modules, and the message display script as one
 *   classic script, since Thunderbird injects it into a message document, where nothing can be imported;
 * - `dist/server/cli.js`: the list server for Node, with the packages of node_modules left outside.
 */
const root = import.meta.dirname;
const extension = resolve(root, "src/extension");
const outside = new Set([...builtinModules, ...Object.keys(packageJson.dependencies)]);

/** Puts the manifest beside the built files. It isn't in public/ because the project's top level shows it. */
const manifest: Plugin = {
  name: "listseal-manifest",
  applyToEnvironment: (environment) => environment.name === "client",
  buildStart() {
    this.addWatchFile(resolve(root, "manifest.json"));
  },
  async generateBundle() {
    const source = await this.fs.readFile(resolve(root, "manifest.json"), { encoding: "utf8" });
    this.emitFile({ type: "asset", fileName: "manifest.json", source });
  },
};

export default defineConfig({
  root: extension,
  publicDir: resolve(root, "public"),
  plugins: [manifest],
  // one polyfill for us and for webext-bridge, which would bring its own older copy
  resolve: { dedupe: ["webextension-polyfill"] },
  build: { target: "firefox140", modulePreload: false, sourcemap: false, minify: true },
  builder: {
    async buildApp(builder) {
      for (const name of ["client", "display", "server"]) {
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
            background: resolve(extension, "background/main.ts"),
            worker: resolve(extension, "worker/main.ts"),
            options: resolve(extension, "options/options.html"),
            popup: resolve(extension, "compose/popup.html"),
          },
          output: {
            format: "es",
            entryFileNames: "[name].js",
            chunkFileNames: "chunks/[name]-[hash].js",
            assetFileNames: "assets/[name][extname]",
          },
        },
      },
    },
    display: {
      consumer: "client",
      build: {
        outDir: resolve(root, "dist/extension"),
        emptyOutDir: false,
        copyPublicDir: false,
        rolldownOptions: {
          input: resolve(extension, "display/main.ts"),
          output: { format: "iife", entryFileNames: "display.js", codeSplitting: false },
        },
      },
    },
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
          input: { cli: resolve(root, "src/server/run/cli.ts") },
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
