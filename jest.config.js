/** Four kinds of test; `npm test` runs them all and says which could not run. */
const swc = [
  "@swc/jest",
  {
    jsc: {
      parser: { syntax: "typescript", tsx: true },
      target: "es2022",
      experimental: { keepImportAttributes: true },
      transform: { react: { runtime: "automatic", importSource: "preact" } },
    },
    module: { type: "es6" },
  },
];

/** Where `npm test` reads which files have begun and ended, if it runs this. */
const progress = process.env.LISTSEAL_PROGRESS;

const project = (displayName, roots, more = {}) => ({
  displayName,
  roots,
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts", ".tsx"],
  moduleNameMapper: {
    "^(\\.{1,2}/.*)\\.js$": "$1",
    // the add-on's one door to its host; outside of a host the polyfill throws
    "^webextension-polyfill$": "<rootDir>/test/extension/fake-host.ts",
  },
  transform: { "^.+\\.tsx?$": swc },
  testMatch: ["**/*.test.ts", "**/*.test.tsx"],
  ...more,
});

export default {
  projects: [
    // protocol, mail, membership and server: Node's own WebCrypto
    project("unit", ["<rootDir>/test"], {
      setupFiles: ["<rootDir>/test/extension/web-locks.ts"],
      testPathIgnorePatterns: ["/node_modules/", "/test/interop/", "/test/e2e/", "\\.dom\\.test\\."],
    }),
    // pages and scripts: jsdom (openpgp can't run there, so the two never mix)
    project("dom", ["<rootDir>/test"], {
      testEnvironment: "jsdom",
      setupFiles: ["<rootDir>/test/extension/jsdom-gaps.ts", "<rootDir>/test/extension/web-locks.ts"],
      testMatch: ["**/*.dom.test.ts", "**/*.dom.test.tsx"],
    }),
    // the real gpg, sq and rnp
    project("interop", ["<rootDir>/test"], { testMatch: ["**/test/interop/**/*.test.ts"] }),
    // the real Thunderbird, Dovecot and Postfix
    project("e2e", ["<rootDir>/test"], { testMatch: ["**/test/e2e/**/*.test.ts"] }),
  ],
  reporters: [
    "default",
    ...(progress === undefined ? [] : [["<rootDir>/scripts/jest-progress.mjs", { path: progress }]]),
  ],
  testSequencer: "<rootDir>/scripts/slow-first.cjs",
  // for what never ends: no test may depend on how fast the machine is
  testTimeout: 1_500_000,
};
