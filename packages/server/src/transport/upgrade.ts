/**
 * Doors beside the routes: paths whose requests, or whose upgrades, never reach the framework. Each
 * is refused as every request is: by a status and the one form of errors, before any upgrade.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { respondProblem } from "./answer.ts";
import { problemOf, rawProblem } from "./problem.ts";
import { pathOf } from "./socket/handshake.ts";

export interface UpgradeDoor {
  /** @param path without its query, doubled slashes and the one at the end: `/socket.io`. */
  readonly takes: (path: string) => boolean;
  /** Plain requests; absent where there are only upgrades. Errors: refused by the caller. */
  readonly request?: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;
  /** Ends what is still open. */
  readonly close: () => void;
}

export interface UpgradeDoors {
  /** Whether the request was taken. */
  request(request: IncomingMessage, response: ServerResponse): boolean;
  /** Whether the connection may be upgraded; else it is a request like any other. */
  isUpgrade(request: IncomingMessage): boolean;
  /** Listens to the upgrades of a server. */
  listen(server: Server): void;
  close(): void;
}

export function upgradeDoors(
  doors: readonly UpgradeDoor[],
  fault: (cause: unknown) => string,
): UpgradeDoors {
  const doorOf = (request: IncomingMessage) => {
    // Cheap for the many requests that are for none of them.
    if (!/socket\.io|events/.test(request.url ?? "")) return undefined;
    const path = pathOf(request);
    return doors.find((door) => door.takes(path));
  };
  return {
    request: (request, response) => {
      const door = doorOf(request);
      if (!door?.request) return false;
      door.request(request, response).catch((cause: unknown) => {
        respondProblem(response, problemOf(cause, fault));
      });
      return true;
    },
    isUpgrade: (request) => {
      const isWebSocket = request.headers.upgrade?.toLowerCase() === "websocket";
      return isWebSocket && doorOf(request) !== undefined;
    },
    listen: (server) => {
      server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        const broken = () => socket.destroy();
        socket.on("error", broken);
        const upgrading = doorOf(request)?.upgrade(request, socket, head) ?? Promise.resolve();
        upgrading.then(
          () => socket.off("error", broken),
          (cause: unknown) => socket.end(rawProblem(problemOf(cause, fault))),
        );
      });
    },
    close: () => {
      for (const door of doors) door.close();
    },
  };
}
