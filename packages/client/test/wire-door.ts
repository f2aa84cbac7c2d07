/**
 * The client as a door of the service suite: a server in front of the services of a house, and a
 * client for each secret. Knows no rule.
 */
import type { OpenDoor, Secret } from "../../server/test/rules-house.ts";
import { serveSockets } from "../../server/test/socket-door.ts";
import { StoaClient } from "../src/index.ts";

/** How many requests went which way. */
export const wireTally = { requests: 0 };

export const wireDoor: OpenDoor = async (services) => {
  const { url, close } = await serveSockets(services);
  const clientOf = (secret: Secret) => new StoaClient({ url, ...credentialOf(secret), ...once });
  return {
    entitiesOf: async (secret) => clientOf(secret).entities,
    makingOnce: async (secret, key) => clientOf(secret).entitiesUnder(key),
    close,
  };
};

/** What is refused must be refused at once. */
const once = { retry: { attemptsMax: 1 } } as const;

/** A cookie as a browser would send it. */
function credentialOf({ way, secret }: Secret) {
  const send = (url: string, init: RequestInit) => {
    wireTally.requests++;
    const cookie = way === "session" ? { cookie: `sid=${secret}` } : {};
    return fetch(url, { ...init, headers: { ...(init.headers as object), ...cookie } });
  };
  return { fetch: send, token: way === "token" ? secret : null };
}
