/**
 * The one client of the page, speaking to the server that served it, by the cookie of the session;
 * and who is signed in. Everything that talks with the server does so through here.
 */

import { type Self, StoaClient } from "@stoa/client";
import { type Act, parseCredential, permits } from "@stoa/domain";

/** The page may stand below a path prefix, which its own address tells. */
export const client = new StoaClient({ url: new URL(".", document.baseURI).href });

/** Says that a session was begun here; the cookie itself is hidden from scripts. */
const signedInKey = "stoa.signed-in";

let known: Promise<Self> | null = null;
let knownId: string | null = null;

/** Who is signed in, asked for once. Errors: `unauthorized`. */
export function self(): Promise<Self> {
  known ??= client.account.self().then(
    (me) => {
      knownId = me.user._id;
      return me;
    },
    (error: unknown) => {
      forgetSelf();
      throw error;
    },
  );
  return known;
}

/** Who is signed in, or was until just now; null where nobody is known yet. */
export function userId(): string | null {
  return knownId;
}

/** Whether it makes sense to ask who is signed in. */
export function wasSignedIn(): boolean {
  return localStorage.getItem(signedInKey) !== null;
}

export async function signIn(login: string, password: string): Promise<void> {
  await client.account.signIn({ login, password, way: "session" });
  known = null;
  localStorage.setItem(signedInKey, "yes");
}

export async function signOut(): Promise<void> {
  if (!wasSignedIn()) return;
  forgetSelf();
  await client.account.signOut();
}

/** Asks anew who is signed in, next time. */
export function forgetWho(): void {
  known = null;
}

export function forgetSelf(): void {
  known = null;
  localStorage.removeItem(signedInKey);
}

/** Whether the role (and scopes) of somebody allow an act: `{method: "POST", path: ["cities"]}`. */
export function isAllowed({ credentials, scopes }: Self, act: Act): boolean {
  const holds = (texts: readonly string[]) =>
    texts.some((text) => permits(parseCredential(text), act));
  return holds(credentials) && (scopes === null || holds(scopes));
}
