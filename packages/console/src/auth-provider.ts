/**
 * Signing in as react-admin wants to be told of it: who is there, what they may do, and which
 * errors mean that a session is over.
 */
import { StoaError } from "@stoa/client";
import type { Act, Method } from "@stoa/domain";
import type { AuthProvider } from "react-admin";
import { forgetSelf, isAllowed, self, signIn, signOut, wasSignedIn } from "./connection.ts";
import { forgetDrafts } from "./unsaved/drafts.ts";

export const authProvider: AuthProvider = {
  login: ({ username, password }: { username: string; password: string }) =>
    signIn(username, password),
  logout: async () => {
    // What was typed outlives a session that has ended, but not one that was left.
    if (wasSignedIn()) forgetDrafts();
    await signOut().catch(() => undefined); // a session that is over has been signed out of
  },
  checkAuth: async () => {
    if (!wasSignedIn()) throw new StoaError("unauthorized", "Sign in.");
    await self();
  },
  checkError: async (error: unknown) => {
    if (!(error instanceof StoaError) || error.code !== "unauthorized") return;
    forgetSelf();
    throw error;
  },
  getIdentity: async () => {
    const { user } = await self();
    return { id: user._id, fullName: user.name || user.login || user._id };
  },
  canAccess: async ({ action, resource }) => isAllowed(await self(), actOf(resource, action)),
};

/** `actOf("users", "edit")` is `{method: "PATCH", path: ["users", ":id"]}`. */
function actOf(store: string, action: string): Act {
  const method = methods[action] ?? "GET";
  const isSingle = action !== "list" && action !== "create" && action !== "export";
  return { method, path: isSingle ? [store, ":id"] : [store] };
}

const methods: Readonly<Record<string, Method>> = {
  create: "POST",
  edit: "PATCH",
  delete: "DELETE",
};
