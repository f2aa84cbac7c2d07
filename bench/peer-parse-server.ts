/**
 * The server of Parse. A process of its own; its packages are in the folder that it is given:
 * `node peer-parse-server.ts FOLDER DATABASE_URL PORT`.
 */
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, databaseURI, port] = process.argv.slice(2) as [string, string, string];
// It makes a folder of logs where it stands.
process.chdir(folder);
const load = createRequire(join(folder, "package.json"));
const { ParseServer } = load("parse-server");
const express = load("express");

for (const signal of ["SIGTERM", "disconnect"]) process.on(signal, () => process.exit());
const serverURL = `http://127.0.0.1:${port}/parse`;
const parse = new ParseServer({
  appId: "bench",
  masterKey: "bench master",
  databaseURI,
  serverURL,
  directAccess: true,
  allowClientClassCreation: false,
  enableAnonymousUsers: false,
  logLevel: "error",
  silent: true,
});
await parse.start();
const app = express();
app.use("/parse", parse.app);
await new Promise<void>((resolve) => app.listen(Number(port), "127.0.0.1", () => resolve()));
process.on("message", () => process.send?.({ url: serverURL }));
