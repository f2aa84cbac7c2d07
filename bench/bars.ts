/**
 * What was measured, as rows held against their bars. The bars stand here and nowhere else.
 */
import type { Counts, Export, LongList } from "./delay.ts";
import type { Rates, RateWork } from "./rate.ts";
import type { SingleCommit } from "./single-commit.ts";
import { grouped, type Row } from "./table.ts";

/** What one size gave; what was not asked for is not there. */
export interface Figures {
  readonly entities: number;
  readonly startMs?: number;
  readonly rates: Partial<Record<RateWork, Rates>>;
  /** Inserts by one client, who waits for each; and one write through the engine. */
  readonly alone?: { readonly rates: Rates; readonly commit: SingleCommit };
  readonly longList?: LongList;
  readonly counts?: Counts;
  readonly export?: Export;
  readonly memoryMb?: number;
}

const works: Record<RateWork, { readonly name: string; readonly least: number }> = {
  get: { name: "GET by id", least: 0.7 },
  list: { name: "list of 100, visible through a group", least: 0.7 },
  insert: { name: "durable insert", least: 0.7 },
  patch: { name: "PATCH of one field", least: 0.55 },
};

/** Against a commit of its own for each write. */
const aloneRatioMax = 1.2;
const longListRatioMax = 3;
const firstByteMsMax = 10;
const projectedRatioMax = 2;
const countMsMax = 5;
const slowerMax = 1.3;
const memoryMbMax = 200;
const exportMbMax = 50;
const startMsMax = 500;

export function rowsOf(figures: readonly Figures[]): Row[] {
  return [...figures.flatMap(rowsOfSize), ...growthRows(figures)];
}

function rowsOfSize(figures: Figures): Row[] {
  return [
    ...rateRows(figures),
    ...aloneRows(figures),
    ...delayRows(figures),
    ...memoryRows(figures),
  ];
}

function rateRows({ entities, rates }: Figures): Row[] {
  return (Object.keys(works) as RateWork[]).flatMap((work) => {
    const { name, least } = works[work];
    const found = rates[work];
    if (!found) return [];
    const { median, ratio } = found;
    const [figure, limit] = [`${grouped(median.stoa)}/s`, `${grouped(median.limit)}/s`];
    const bar = `>= ${least.toFixed(2)}`;
    return [{ work: name, entities, figure, limit, ratio, bar, isMet: ratio >= least }];
  });
}

function aloneRows({ entities, alone }: Figures): Row[] {
  if (!alone) return [];
  const { median } = alone.rates;
  const [stoaMs, limitMs] = [1_000 / median.stoa, 1_000 / median.limit];
  const { groupMs, singleMs } = alone.commit;
  const ratio = groupMs / singleMs;
  return [
    {
      work: "latency alone: a write through the engine, beside a commit of its own",
      entities,
      figure: milliseconds(groupMs),
      limit: milliseconds(singleMs),
      ratio,
      bar: `<= ${aloneRatioMax.toFixed(2)}`,
      isMet: ratio <= aloneRatioMax,
    },
    {
      work: "an insert over one connection, beside a raw commit and a bare POST",
      entities,
      figure: milliseconds(stoaMs),
      limit: milliseconds(limitMs),
      ratio: stoaMs / limitMs,
      bar: "",
      isMet: null,
    },
  ];
}

function delayRows({ entities, longList, counts, startMs }: Figures): Row[] {
  const rows: Row[] = [];
  if (longList) {
    const { stoaMs, firstByteMs, bareMs, rawMs, ratio } = longList;
    rows.push({
      work: "list of 10,000",
      entities,
      figure: milliseconds(stoaMs),
      limit: milliseconds(bareMs + rawMs),
      ratio,
      bar: `<= ${longListRatioMax.toFixed(2)}`,
      isMet: ratio <= longListRatioMax,
    });
    rows.push(atMost("its first byte", entities, firstByteMs, firstByteMsMax));
    rows.push(projectedRow("one field", entities, longList.oneFieldMs, stoaMs));
    rows.push(projectedRow("three fields", entities, longList.threeFieldsMs, stoaMs));
  }
  if (counts) {
    rows.push(atMost("meta=count, whole store", entities, counts.wholeMs, countMsMax));
    rows.push(atMost("meta=count, what a group sees", entities, counts.middleMs, countMsMax));
  }
  if (startMs !== undefined)
    rows.push(atMost("start to first answer", entities, startMs, startMsMax));
  return rows;
}

function projectedRow(fields: string, entities: number, ms: number, wholeMs: number): Row {
  return {
    work: `the same with ${fields} of each, beside the whole`,
    entities,
    figure: milliseconds(ms),
    limit: milliseconds(wholeMs),
    ratio: ms / wholeMs,
    bar: `<= ${projectedRatioMax.toFixed(2)}`,
    isMet: ms <= projectedRatioMax * wholeMs,
  };
}

function atMost(work: string, entities: number, ms: number, most: number): Row {
  const bar = `<= ${most} ms`;
  return {
    work,
    entities,
    figure: milliseconds(ms),
    limit: "",
    ratio: null,
    bar,
    isMet: ms <= most,
  };
}

function memoryRows({ entities, export: exported, memoryMb }: Figures): Row[] {
  const row = (work: string, mb: number, most: number, sign: string): Row => ({
    work,
    entities,
    figure: `${sign}${Math.round(mb)} MB`,
    limit: "",
    ratio: null,
    bar: `<= ${sign}${most} MB`,
    isMet: mb <= most,
  });
  const rows: Row[] = [];
  if (memoryMb !== undefined) rows.push(row("memory after the runs", memoryMb, memoryMbMax, ""));
  if (exported) {
    const { entitiesPerSecond, megabytesPerSecond, addedMb } = exported;
    const speed = `${grouped(entitiesPerSecond)}/s, ${grouped(megabytesPerSecond)} MB/s`;
    rows.push(row(`unlimited export (${speed})`, addedMb, exportMbMax, "+"));
  }
  return rows;
}

/** How much slower the largest size is than the smallest. */
function growthRows(figures: readonly Figures[]): Row[] {
  const [small, large] = [figures[0], figures.at(-1)];
  if (!small || !large || small === large) return [];
  const pairs: Pair[] = (Object.keys(works) as RateWork[]).map((work) => [
    works[work].name,
    cost(small.rates[work]),
    cost(large.rates[work]),
  ]);
  pairs.push(["list of 10,000", small.longList?.stoaMs, large.longList?.stoaMs]);
  return pairs.flatMap(([name, before, after]) => {
    if (before === undefined || after === undefined) return [];
    const slower = after / before;
    return [
      {
        work: `${name}: slower than at ${grouped(small.entities)}`,
        entities: large.entities,
        figure: `x ${slower.toFixed(2)}`,
        limit: "",
        ratio: null,
        bar: `<= x ${slowerMax.toFixed(2)}`,
        isMet: slower <= slowerMax,
      },
    ];
  });
}

type Pair = [name: string, small: number | undefined, large: number | undefined];

function cost(rates: Rates | undefined): number | undefined {
  return rates && 1 / rates.median.stoa;
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms`;
}
