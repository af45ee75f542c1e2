import { checkFolder, folders, isRight } from "./check.js";

let n = 0;
for (const f of folders) {
  const t = Date.now();
  for await (const c of checkFolder(f)) {
    n++;
    if (!isRight(c)) console.log(c.name, JSON.stringify(c.expected), JSON.stringify(c.found));
  }
  console.log(f, n, Date.now() - t);
}
