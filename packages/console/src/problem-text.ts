/**
 * What went wrong, in the words of the language that is spoken, by codes and rules: the server's
 * own words are English, and stand behind where there is more in them.
 */
import { StoaError, type Violation } from "@stoa/client";

export type Translate = (key: string, options?: Record<string, unknown>) => string;

/** `"text: is required; beds: must not be over 100"` */
export function problemText(error: unknown, translate: Translate): string {
  if (!(error instanceof StoaError)) return translate("stoa.state.failed");
  const { code, message, details = [] } = error;
  if (code === "not_found") return translate("stoa.state.notFound");
  if (code === "unavailable") return translate("stoa.state.offline");
  const broken = details.map((one) => violationText(one, translate));
  if (broken.length > 0 && code === "validation") return broken.join("; ");
  const detail = details.length > 0 ? `${message} ${detailsText(details)}` : message;
  return translate(`stoa.problem.code.${code}`, { detail });
}

/** What is wrong with each field, without its name: `{"address.city": "is required"}`. */
export function problemsByPath(error: unknown, translate: Translate): ReadonlyMap<string, string> {
  const details = error instanceof StoaError ? (error.details ?? []) : [];
  return new Map(details.map((one) => [one.path, ruleText(one, translate)]));
}

/** `"must not be over 100"` */
export function ruleText({ rule, message }: Violation, translate: Translate): string {
  const value = valueIn(rule, message);
  if (value === null) return translate("stoa.problem.anyRule", { detail: message });
  const named = rule === "type" ? translate(`stoa.problem.type.${value}`, { _: value }) : value;
  return translate(`stoa.problem.rule.${rule}`, { value: named });
}

/** `"beds: must not be over 100"` */
function violationText(violation: Violation, translate: Translate): string {
  const text = ruleText(violation, translate);
  return violation.path === "" ? text : `${violation.path}: ${text}`;
}

/** What the words of the server name: `"100"` of "must be <= 100"; null where they say more. */
function valueIn(rule: string, message: string): string | null {
  const form = Object.hasOwn(forms, rule) ? forms[rule] : undefined;
  const found = form?.exec(message);
  return found ? (found.slice(1).find((one) => one !== undefined) ?? "") : null;
}

/** Of each rule whose meaning is known: how the server words it, and where its value stands. */
const forms: Readonly<Record<string, RegExp>> = {
  additionalProperties: /^is no field/,
  cycle: /^/,
  directory: /^/,
  enum: /allowed values$/,
  exclusiveMaximum: /^must be < (\S+)$/,
  exclusiveMinimum: /^must be > (\S+)$/,
  exists: /^/,
  format: /^must match format "(.+)"$/,
  in_use: /^(\d+)/,
  json: /^/,
  maximum: /^must be <= (\S+)$/,
  maxItems: /more than (\d+) items$|at most (\d+) elements$/,
  maxLength: /more than (\d+) characters$|at most (\d+) characters$/,
  minimum: /^must be >= (\S+)$/,
  minItems: /fewer than (\d+) items$/,
  minLength: /fewer than (\d+) characters$/,
  multipleOf: /^must be multiple of (\S+)$/,
  objects: /^/,
  operator: /^(".+") is no operator$/,
  password: /present password$/,
  pattern: /^must match pattern "(.+)"$|^must match (\[.+)$/s,
  reach: /^must be one of your groups/,
  readOnly: /^/,
  required: /^is required/,
  type: /^must be ([a-z]+)$/,
  unique: /^/,
  uniqueItems: /^must NOT have duplicate/,
};

function detailsText(details: readonly Violation[]): string {
  return details.map(({ path, message }) => `${path}: ${message}`).join("; ");
}
