/**
 * What went wrong, in words for a person, with what can be done about it.
 */
import { StoaError } from "@stoa/client";

type Translate = (key: string, options?: Record<string, unknown>) => string;

export function problemText(error: unknown, translate: Translate): string {
  if (!(error instanceof StoaError)) return translate("stoa.state.failed");
  const details = error.details?.map(({ path, message }) => `${path}: ${message}`) ?? [];
  switch (error.code) {
    case "not_found":
      return translate("stoa.state.notFound");
    case "unavailable":
      return translate("stoa.state.offline");
    case "validation":
      return details.length > 0 ? details.join("; ") : error.message;
    default:
      return [error.message, ...details].join(" ");
  }
}
