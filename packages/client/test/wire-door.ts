/**
 * The client as a door of the service suite: a server in front of the services of a house, and a
 * client for each secret. Knows no rule.
 */
import type { OpenDoor, Secret } from "../../server/test/rules-house.ts";
import { serveSockets } from "../../server/test/socket-door.ts";
import { type ClientOptions, StoaClient } from "../src/index.ts";

/** How many requests went over HTTP so far. */
export const wireTally = { requests: 0 };

export function wireDoor(transport: "http" | "socket"): OpenDoor {
  return async (services) => {
    const { url, close } = await serveSockets(services);
    const clients: StoaClient[] = [];
    const clientOf = (secret: Secret) => {
      const client = new StoaClient({ url, transport, ...options, ...credentialOf(secret) });
      clients.push(client);
      return client;
    };
    return {
      entitiesOf: async (secret) => clientOf(secret).entities,
      makingOnce: async (secret, key) => clientOf(secret).entitiesUnder(key),
      close: () => {
        for (const client of clients) client.close();
        return close();
      },
    };
  };
}

const options: ClientOptions = {
  // What is refused must be refused at once.
  retry: { attemptsMax: 1 },
  fetch: (url, init) => {
    wireTally.requests++;
    return fetch(url, init);
  },
};

/** A cookie as a browser would send it, or a token. */
function credentialOf({ way, secret }: Secret): ClientOptions {
  return way === "token" ? { token: secret } : { headers: { cookie: `sid=${secret}` } };
}
