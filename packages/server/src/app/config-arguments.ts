/**
 * Words of the command line -> values by flag, with every mistake. Knows the shape `--flag value`
 * and `--flag=value`, and must not know what any flag means.
 */

/** e.g. `{name: "--port", variable: "STOA_PORT"}`. */
export interface Flag {
  readonly name: string;
  readonly variable: string;
}

/**
 * @param args `["--port", "0", "--log=warn"]`.
 * @returns `{values: Map {"--port" => "0", "--log" => "warn"}, mistakes: []}`.
 */
export function parseArguments(args: readonly string[], flags: readonly Flag[]) {
  const values = new Map<string, string>();
  const mistakes: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? "";
    const cut = word.indexOf("=");
    const name = cut === -1 ? word : word.slice(0, cut);
    const isKnown = flags.some((flag) => flag.name === name);
    const next = args[at + 1];
    const takesNext = cut === -1 && next !== undefined && !next.startsWith("--");
    const value = cut === -1 ? next : word.slice(cut + 1);
    if (!name.startsWith("--")) mistakes.push(`"${word}": no word may stand here alone`);
    else if (!isKnown) mistakes.push(explainUnknown(name, flags));
    else if (values.has(name)) mistakes.push(`${name}: given twice`);
    else if (!value || (cut === -1 && !takesNext)) mistakes.push(`${name}: a value is missing`);
    else values.set(name, value);
    if (name.startsWith("--") && takesNext) at += 1;
  }
  return { values, mistakes };
}

function explainUnknown(name: string, flags: readonly Flag[]): string {
  const variable = `STOA_${name.slice(2).replaceAll("-", "_").toUpperCase()}`;
  if (["STOA_ADMIN_LOGIN", "STOA_ADMIN_PASSWORD", "STOA_METRICS_TOKEN"].includes(variable)) {
    return `${name}: set ${variable} in the environment, as arguments can be seen by others`;
  }
  const names = [...flags.map((flag) => flag.name), "--help", "--version"];
  const ranked = names.map((known) => ({ known, distance: editDistance(name, known) }));
  const [nearest] = ranked.sort((left, right) => left.distance - right.distance);
  const isNear = nearest !== undefined && nearest.distance <= 3;
  return `${name}: no such flag${isNear ? `; did you mean ${nearest.known}?` : ", see --help"}`;
}

/** Characters to insert, remove or replace (Levenshtein), of at most the first 40. */
function editDistance(left: string, right: string): number {
  const [from, to] = [left.slice(0, 40), right.slice(0, 40)];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, character] of [...from].entries()) {
    const next = [index + 1];
    for (let at = 0; at < to.length; at += 1) {
      const replaced = (row[at] ?? 0) + (to[at] === character ? 0 : 1);
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
