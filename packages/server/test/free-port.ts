/**
 * A port for a server that comes back to it. Knows no server.
 */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below those that systems give to whoever connects, so that nobody has it meanwhile. */
const portMin = 10_000;
const portMax = 32_000;

/** One that nobody has at this moment: `14738`. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(portMin, portMax);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = once(server, "listening");
  server.listen(port, "127.0.0.1");
  const isSo = await listening.then(
    () => true,
    () => false,
  );
  if (isSo) await new Promise((resolve) => server.close(resolve));
  return isSo;
}
