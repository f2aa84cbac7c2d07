/**
 * Installs peers into a folder outside the tree, which stays for the next run.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runToEnd } from "./process.ts";

/** Why a peer cannot be measured here, in words for the table. */
export class PeerMissing extends Error {}

/**
 * The folder with the packages, `{"parse-server": "9.10.0"}`, without their install scripts: what
 * would have to be compiled is not installed. Errors: PeerMissing.
 */
export async function installPackages(
  name: string,
  packages: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = join(tmpdir(), "stoa-peers", name);
  const versions = Object.entries(packages);
  const first = versions[0]?.[0] ?? "";
  if (existsSync(join(folder, "node_modules", first, "package.json"))) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"private":true}\n');
  const wanted = versions.map(([each, version]) => `${each}@${version}`);
  process.stderr.write(`installing ${wanted.join(" ")}\n`);
  const words = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  try {
    await runToEnd("npm", [...words, ...wanted], 300_000, { cwd: folder });
  } catch (cause) {
    throw new PeerMissing(`npm install ended: ${(cause as Error).message}`);
  }
  return folder;
}
