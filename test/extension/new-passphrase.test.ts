import { needStrong } from "../../src/extension/keys/new-passphrase.js";
import { makeBackupPassphrase } from "../../src/membership/file/backup-passphrase.js";

test.each(["cow", "elevenchars", "aaaaaaaaaaaa", "121212121212", "            ", "あいうえおかきくけこさ"])(
  "%j would be guessed from a stolen disk",
  (passphrase) => {
    expect(() => needStrong(passphrase)).toThrow(expect.objectContaining({ code: "passphrase-too-short" }));
  },
);

test.each(["eight loud cows", "correct horse", "あいうえおかきくけこさし"])("%j is taken", (passphrase) => {
  expect(() => needStrong(passphrase)).not.toThrow();
});

test("so is every one that we make, and none at all, which is said to be none", () => {
  for (let made = 0; made < 50; made += 1) needStrong(makeBackupPassphrase());
  needStrong(null);
});
