/** An owner with GnuPG alone lets a restored list go on: the command of docs/OPERATING.md, as it stands. */
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { readRequest } from "../../src/membership/signed-request.js";
import { generateMemberKey, sealingHalf } from "../../src/protocol/keys.js";
import { type GpgHome, makeGpgHome } from "./gpg-home.js";

let home: GpgHome;

beforeEach(async () => {
  home = await makeGpgHome();
});

afterEach(() => home.close());

test("gpg signs a resume that the server reads, for that list and kind alone", async () => {
  const owner = await generateMemberKey({ name: "Olga", address: "olga@people.test", profile: "compatible" });
  await home.import(owner);
  const manual = await readFile(new URL("../../docs/OPERATING.md", import.meta.url), "utf8");
  const [command = ""] = /printf '%s\\n' '\{"listseal".*?> resume\.asc/s.exec(manual) ?? [];
  const ran = await home.shell(command.replace("gpg --armor", "gpg --batch --armor"));
  expect(ran.status).toBe(0);
  const armored = await readFile(`${home.folder}/resume.asc`, "utf8");
  const read = (kind: string, list: string) =>
    readRequest(armored, { kind, list }, sealingHalf(owner), new Date());
  const request = await read("resume", "team@lists.example");
  expect(request.fields.line("number", 12)).toBe("NUMBER");
  await expect(read("release", "team@lists.example")).rejects.toMatchObject({ code: "wrong-kind" });
  await expect(read("resume", "other@lists.example")).rejects.toMatchObject({ code: "wrong-list" });
});
