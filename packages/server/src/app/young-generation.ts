/**
 * How much memory V8 has for what is young. It is told so when it starts and never again: whoever
 * wants more than `npm start` gives begins anew, in the same process. Knows no engine.
 */

/**
 * Returns where there is as much as `megabytes` already, where V8 decides by itself since nothing
 * was said, and where a program cannot be replaced: on Windows, and where a parent talks to it.
 * Else the program begins again from the start, with its arguments and environment.
 */
export function withYoungGeneration(megabytes: number): void {
  const { argv, env, execArgv, execPath } = process;
  const said = execArgv.findLast((word) => word.startsWith(flag));
  if (said === undefined || Number(said.slice(flag.length)) >= megabytes) return;
  if (process.platform === "win32" || process.connected) return;
  const words = [...execArgv, `${flag}${megabytes}`, ...argv.slice(1)];
  process.execve?.(execPath, [execPath, ...words], env);
}

/** As `npm start` writes it. Three of them make the young generation. */
const flag = "--max-semi-space-size=";
