// Thunderbird's own OpenPGP. Runs inside Thunderbird, for the benchmarks.

/** Takes a secret key without a passphrase into Thunderbird's own key ring, and gives how many it took. */
export async function importSecretKey(armored) {
  const { RNP } = ChromeUtils.importESModule("chrome://openpgp/content/modules/RNP.sys.mjs");
  const { EnigmailKeyRing } = ChromeUtils.importESModule("chrome://openpgp/content/modules/keyRing.sys.mjs");
  const { exitCode, importedKeys } = await RNP.importSecKeyBlockImpl(
    mainWindow(),
    () => "",
    false,
    armored,
    [],
  );
  if (exitCode !== 0) throw new Error(`the key was not taken: ${exitCode}`);
  EnigmailKeyRing.clearCache();
  return importedKeys.length;
}
