/**
 * What was measured over sockets, as rows held against their bars. The bars stand here.
 */
import type { OffenceFigures, SocketFigures } from "./socket-work.ts";
import { grouped, markdownOf, textOf } from "./table.ts";

export function textOfSockets(figures: SocketFigures): string {
  return textOf(linesOf(figures), (column) => column === 1);
}

export function markdownOfSockets(figures: SocketFigures): string {
  return markdownOf(linesOf(figures), (column) => column === 1);
}

const oneMsMax = 20;
const allMsMax = 1_000;
const slowerMax = 1.2;

function linesOf({ sockets, one, all, memoryMb, others, offences }: SocketFigures): string[][] {
  const many = `${grouped(sockets)} sockets`;
  const perSocket = (memoryMb * 1024) / sockets;
  return [
    ["work", "figure", "bar", "met?"],
    atMost(`${many}, a change that concerns one: p99`, one.p99Ms, oneMsMax),
    atMost(`${many}, a change that concerns all: p99`, all.p99Ms, allMsMax),
    [`${many}: RssAnon of the server`, `${Math.round(memoryMb)} MB`, "", ""],
    ["the same for each socket", `${perSocket.toFixed(1)} KB`, "", ""],
    ...offences.map((one) => offenceLine(one, others)),
  ];
}

function atMost(work: string, ms: number, most: number): string[] {
  const isMet = ms <= most;
  return [work, `${ms.toFixed(ms < 10 ? 2 : 0)} ms`, `<= ${most} ms`, isMet ? "yes" : "not yet"];
}

function offenceLine({ how, withoutMs, withMs }: OffenceFigures, others: number): string[] {
  const slower = withMs / withoutMs;
  const work = `one ${how}: p99 of ${grouped(others)} others`;
  const figure = `x ${slower.toFixed(2)} (${withoutMs.toFixed(2)} and ${withMs.toFixed(2)} ms)`;
  if (how === "does nothing") return [work, figure, "", ""];
  return [work, figure, `<= x ${slowerMax.toFixed(2)}`, slower <= slowerMax ? "yes" : "not yet"];
}
