/**
 * The words of the console in English. Every other language has the same keys (`Text`).
 */
import english from "ra-language-english";

export const englishText = {
  ...english,
  stoa: {
    menu: {
      label: "Main menu",
      stores: "Stores",
      noStores: "No store yet",
      administration: "Administration",
      users: "Users",
      groups: "Groups",
      roles: "Roles",
      sessions: "Sessions",
      definitions: "Stores and schemas",
      changes: "Changes",
      health: "Health",
      backups: "Backups",
      start: "Start here",
    },
    account: {
      menu: "Account",
      tokens: "Tokens",
      profile: "Profile",
      theme: "Light or dark",
      language: "Language",
    },
    signIn: {
      title: "Sign in",
      login: "Login",
      password: "Password",
      submit: "Sign in",
      hint: "The password of the first administrator was printed when the server first started.",
      refused: "Login or password is wrong.",
      wait: "Too many attempts. Try again in %{seconds} s.",
    },
    state: {
      loading: "Loading",
      empty: "Nothing here yet",
      noMatch: "Nothing fits these filters",
      clear: "Clear filters",
      offline: "The server cannot be reached. Trying again by itself.",
      online: "Connected",
      forbidden: "Your role does not allow this: it would need %{credential}.",
      missing: "There is no such page, or you may not see it.",
      retry: "Try again",
      failed: "That did not work",
    },
    table: {
      select: "Select this row",
      columns: "Columns",
      firstColumns: "Choose for me",
      filter: "Filter",
      field: "Field",
      operator: "Operator",
      value: "Value",
      total: "%{figure} entity |||| %{figure} entities",
    },
    action: {
      copy: "Copy",
      copied: "Copied",
      save: "Save",
      cancel: "Cancel",
      close: "Close",
      remove: "Remove",
      create: "Create",
      refresh: "Refresh",
      add: "Add",
      open: "Open",
      undo: "Undo",
    },
  },
};

/** What every language says. */
export type Text = typeof englishText;
