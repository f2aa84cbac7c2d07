/**
 * A plot of rates against sizes as SVG: both axes logarithmic, one line for each work, named at its
 * end. Pure.
 */

export interface PlotLine {
  readonly name: string;
  /** In the order of their sizes. */
  readonly points: readonly PlotPoint[];
}

export interface PlotPoint {
  readonly entities: number;
  readonly perSecond: number;
}

export interface PlotWords {
  readonly title: string;
  readonly note: string;
}

export function plotSvg(lines: readonly PlotLine[], { title, note }: PlotWords): string {
  const points = lines.flatMap((line) => line.points);
  const x = scaleOf(
    points.map(({ entities }) => entities),
    [left, right],
  );
  const y = scaleOf(
    points.map(({ perSecond }) => perSecond),
    [bottom, top],
  );
  const parts = [
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(left, 28, title, 'font-size="16" font-weight="600"'),
    text(left, 48, note, 'font-size="12" fill="#555555"'),
    ...x.ticks.flatMap((tick) => columnOf(x.at(tick), tick)),
    ...y.ticks.flatMap((tick) => rowOf(y.at(tick), tick)),
    text((left + right) / 2, height - 14, "entities in the store", middle),
    `<g transform="translate(20 ${(top + bottom) / 2}) rotate(-90)">` +
      `${text(0, 0, "operations per second", middle)}</g>`,
    ...drawn(lines, x.at, y.at),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
    `width="${width}" height="${height}" font-family="Helvetica, Arial, sans-serif" ` +
    `font-size="13" fill="#222222">\n${parts.join("\n")}\n</svg>\n`
  );
}

interface Scale {
  at(value: number): number;
  /** Powers of ten, from the one below all values to the one above. */
  readonly ticks: readonly number[];
}

function scaleOf(values: readonly number[], [from, to]: readonly [number, number]): Scale {
  const least = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9));
  const ticks = Array.from({ length: most - least + 1 }, (_, at) => 10 ** (least + at));
  const at = (value: number) => {
    return round(from + ((Math.log10(value) - least) / (most - least)) * (to - from));
  };
  return { at, ticks };
}

function columnOf(x: number, tick: number): string[] {
  return [
    `<line x1="${x}" y1="${top}" x2="${x}" y2="${bottom}" stroke="#dddddd"/>`,
    text(x, bottom + 20, tick.toLocaleString("en"), middle),
  ];
}

function rowOf(y: number, tick: number): string[] {
  return [
    `<line x1="${left}" y1="${y}" x2="${right}" y2="${y}" stroke="#dddddd"/>`,
    text(left - 8, y + 4, tick.toLocaleString("en"), 'text-anchor="end"'),
  ];
}

type Place = (value: number) => number;

/** Names are moved apart where lines end close to each other. */
function drawn(lines: readonly PlotLine[], x: Place, y: Place): string[] {
  const ends = lines.map(({ points }) => y(points.at(-1)?.perSecond ?? 1));
  const names = apart(ends);
  return lines.flatMap(({ name, points }, at) => {
    const color = colors[at % colors.length] as string;
    const path = points.map((point) => `${x(point.entities)},${y(point.perSecond)}`);
    const dots = points.map(
      (point) =>
        `<circle cx="${x(point.entities)}" cy="${y(point.perSecond)}" r="4" fill="${color}">` +
        `<title>${name}: ${Math.round(point.perSecond).toLocaleString("en")}/s</title></circle>`,
    );
    const [end, place] = [ends[at] as number, names[at] as number];
    return [
      `<polyline points="${path.join(" ")}" fill="none" stroke="${color}" stroke-width="2"/>`,
      ...dots,
      `<polyline points="${right + 6},${end} ${right + 22},${place}" fill="none" ` +
        `stroke="${color}" stroke-opacity="0.5"/>`,
      text(right + 26, place + 4, name, `fill="${color}"`),
    ];
  });
}

/** The same heights, at least a line of text from each other, in the same order. */
function apart(heights: readonly number[]): number[] {
  const order = heights.map((_, at) => at).sort((a, b) => heightAt(a) - heightAt(b));
  const placed: number[] = [];
  let least = top;
  for (const at of order) {
    placed[at] = Math.max(least, heightAt(at));
    least = (placed[at] as number) + lineHeight;
  }
  const over = Math.max(0, least - lineHeight - bottom);
  return placed.map((one) => round(one - over));

  function heightAt(at: number): number {
    return heights[at] as number;
  }
}

function text(x: number, y: number, words: string, attributes = ""): string {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x}" y="${y}" ${attributes}>${escaped}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const middle = 'text-anchor="middle"';
const [width, height] = [900, 540];
const [left, right, top, bottom] = [90, 690, 70, 470];
const lineHeight = 18;
const colors = [
  "#1f5fa8",
  "#c44e00",
  "#17805f",
  "#7a4fb5",
  "#c2185b",
  "#5a7d0a",
  "#8a5a12",
  "#444444",
];
