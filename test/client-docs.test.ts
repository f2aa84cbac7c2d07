/** The examples of docs/client.md are true: they run as one program, and print what they say. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { startStoa } from "../packages/server/src/app/wire.ts";

const page = new URL("../docs/client.md", import.meta.url);
const client = new URL("../packages/client/src/index.ts", import.meta.url);
const password = "correct horse";

test("the examples of docs/client.md are true", async () => {
  const code = [...(await readFile(page, "utf8")).matchAll(/```ts\n([\s\S]*?)```/g)]
    .map(([, block]) => block)
    .join("\n");
  const expected = promises(code);
  assert(expected.length > 15, `${expected.length} lines are promised`);
  const folder = await mkdtemp(join(tmpdir(), "stoa-client-docs-"));
  const address = { host: "127.0.0.1", port: 0, data: "memory" };
  const stoa = await startStoa({ ...address, adminLogin: "admin", adminPassword: password });
  try {
    const file = join(folder, "page.ts");
    await writeFile(file, program(code, stoa.url));
    const { printed } = (await import(pathToFileURL(file).href)) as { printed: string[] };
    assert.deepEqual(printed, expected);
  } finally {
    await stoa.close();
    await rm(folder, { recursive: true });
  }
});

/** What stands behind `console.log(..);`, or on lines of its own after it. */
function promises(code: string): string[] {
  return [...code.matchAll(/(?:^|console\.log\(.*\); )\/\/ (.+)$/gm)].map(([, text]) => text ?? "");
}

/** The page with its server in it, printing into a list. */
function program(code: string, url: string): string {
  const real = code
    .replace('"@stoa/client"', JSON.stringify(client.href))
    .replace("http://127.0.0.1:8080", url)
    .replace("<password>", password)
    .replaceAll("console.log(", "print(");
  return `export const printed: string[] = [];
${real}
function print(...values: readonly unknown[]): void {
  const text = (one: unknown) => (typeof one === "object" ? JSON.stringify(one) : String(one));
  printed.push(values.map(text).join(" "));
}
`;
}
