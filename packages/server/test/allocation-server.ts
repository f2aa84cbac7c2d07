/**
 * A server in a process of its own that tells how much it has allocated so far: whatever is asked
 * of it by message is answered by the bytes, those included that have been collected since.
 */
import { getHeapStatistics } from "node:v8";
import { observer } from "../src/app/observe.ts";
import { startStoa } from "../src/app/wire.ts";

const [data, adminPassword] = process.argv.slice(2) as [string, string];
const { url, close } = await startStoa({
  host: "127.0.0.1",
  port: 0,
  data,
  adminLogin: "admin",
  adminPassword,
  version: "1.2.3",
  now: Date.now,
  ...observer({ level: "silent" }),
});
process.on("message", () => {
  process.send?.({ allocatedBytes: getHeapStatistics().total_allocated_bytes });
});
process.once("disconnect", () => void close().then(() => process.exit()));
process.send?.({ url });
