/**
 * Where people get the add-on: what invitations link to. One constant, the same that docs/INSTALL.md names; a release is not packed
 * while it is a placeholder (`npm run package -- --release`).
 */
export const INSTALL_PAGE = "https://listseal.example/install";
