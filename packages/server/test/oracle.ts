/**
 * The long run of the access oracle: `npm run oracle -- --worlds 100000 --seed 7 --engine sqlite`.
 * Prints the seed first and a difference with the seed of its world; then the exit code is 1.
 */
import { parseArgs } from "node:util";
import { type EngineName, engineNames, newEngine } from "./access-engines.ts";
import { askWorld, Tally } from "./access-oracle.ts";

const { values } = parseArgs({
  options: {
    worlds: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Date.now() % 0x100000000) },
    engine: { type: "string", default: "memory" },
  },
});
const worlds = wholeNumber("worlds", values.worlds);
const first = wholeNumber("seed", values.seed);
const engine = engineNames.find((name) => name === values.engine) as EngineName;
if (!engine) throw new Error(`--engine must be one of ${engineNames.join(", ")}`);

const tally = new Tally();
const start = performance.now();
console.log(`${worlds} worlds on ${engine}, seed ${first}`);
for (let world = 0; world < worlds; world++) {
  const seed = (first + world) % 0x100000000;
  try {
    await askWorld({ seed, openEngine: newEngine.bind(null, engine), requests: 40, tally });
  } catch (cause) {
    console.error(`\nworld ${world}, seed ${seed}`);
    console.error(cause instanceof Error ? cause.stack : cause);
    process.exit(1);
  }
  if (world % 100 === 99 || world === worlds - 1) report(world + 1);
}
console.log("\nno difference");

function report(done: number): void {
  const seconds = (performance.now() - start) / 1_000;
  const left = ((worlds - done) * seconds) / done;
  const line = `${done} worlds, ${tally.total} questions, ${seconds.toFixed(0)} s`;
  process.stdout.write(`\r${line}, ${left.toFixed(0)} s left   `);
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} must be a number`);
  return number;
}
