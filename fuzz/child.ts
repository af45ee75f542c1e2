/**
 * The process that takes the inputs: `child.ts TARGET SEED FROM COUNT FILE`. Each input is in FILE before it is taken, so that it
 * is there when the process dies of it. What it finds goes to its parent.
 */
import { writeFileSync } from "node:fs";
import { Inputs, tryInput } from "./run.js";
import { targetNamed } from "./targets.js";

const [name = "", seed = "", from = "", count = "", file = ""] = process.argv.slice(2);
const target = await targetNamed(name);
const inputs = await Inputs.of(target, Number(seed));
for (let number = Number(from); number < Number(from) + Number(count); number += 1) {
  const input = await inputs.at(number);
  writeFileSync(file, input);
  const found = await tryInput(target, input);
  // the next input takes its place
  if (found !== null) writeFileSync(`${file}-${number}`, input);
  process.send?.({ number, found });
}
process.disconnect?.();
