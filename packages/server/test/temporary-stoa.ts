/**
 * A whole server over a folder of its own on a free port, for tests that speak to it over the wire.
 * Knows no test.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { type Stoa, type StoaOptions, startStoa } from "../src/app/wire.ts";
import { freePort } from "./free-port.ts";

export const administrator = { login: "admin", password: "correct horse" } as const;

export interface TemporaryStoa extends Stoa {
  /** Stops it, and starts it again over the same folder and port. */
  restart(): Promise<void>;
}

/** Ends with the test file, and its folder with it. */
export async function temporaryStoa(options: Partial<StoaOptions> = {}): Promise<TemporaryStoa> {
  const data = await mkdtemp(join(tmpdir(), "stoa-wire-"));
  const start = (port: number) =>
    startStoa({
      host: "127.0.0.1",
      data,
      adminLogin: administrator.login,
      adminPassword: administrator.password,
      ...options,
      port,
    });
  const port = await freePort();
  let stoa = await start(port);
  after(async () => {
    await stoa.close();
    await rm(data, { recursive: true });
  });
  return {
    ...stoa,
    close: () => stoa.close(),
    restart: async () => {
      await stoa.close();
      stoa = await start(port);
    },
  };
}
