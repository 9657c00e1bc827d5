/**
 * The chart of depth against throughput, as SVG: readable on light and dark.
 *
 * @module
 */

/** One line of the chart. */
export interface Line {
  /** Its name, shown at its right end. */
  name: string;
  /** Requests per second by the depth of the pipeline. */
  points: readonly (readonly [depth: number, throughput: number])[];
}

const WIDTH = 760;
const HEIGHT = 440;
/** The area of the lines. Their names are to its right. */
const AREA = { left: 70, right: 540, top: 40, bottom: 390 };
/** The least distance between two names, in pixels. */
const NAME = 16;
/** The dashes of the lines, so that they do not differ by color alone. */
const DASHES = ["", "7 3", "2 3", "10 3 2 3", "4 4", "12 4", "1 4", "6 2 1 2"];

const STYLE = `
  text { font: 12px sans-serif; fill: #222; }
  .axis { stroke: #bbb; stroke-width: 1; }
  .line { fill: none; stroke: #57606a; stroke-width: 1.5; }
  .ours { stroke: #b35900; stroke-width: 3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd; }
    .axis { stroke: #555; }
    .line { stroke: #9da7b1; }
    .ours { stroke: #ffa94d; }
  }`;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/**
 * Draws the lines. The first is Rollcall's. `caption` says when and where it
 * was measured.
 */
export function chart(lines: readonly Line[], caption: string): string {
  const depths = lines[0].points.map(([depth]) => depth);
  const all = lines.flatMap(({ points }) => points.map(([, rate]) => rate));
  const low = Math.floor(Math.log10(Math.min(...all)));
  const high = Math.ceil(Math.log10(Math.max(...all)));
  const last = Math.log2(depths.at(-1)!);
  const x = (depth: number) =>
    AREA.left + (AREA.right - AREA.left) * Math.log2(depth) / last;
  const y = (rate: number) =>
    AREA.bottom -
    (AREA.bottom - AREA.top) * (Math.log10(rate) - low) / (high - low);
  const parts: string[] = [];
  for (let power = low; power <= high; power++) {
    const at = y(10 ** power).toFixed(1);
    const label = (10 ** power).toLocaleString("en");
    parts.push(
      `<path class="axis" d="M${AREA.left} ${at}H${AREA.right}"/>`,
      `<text x="${
        AREA.left - 6
      }" y="${at}" text-anchor="end" dy="4">${label}</text>`,
    );
  }
  for (const depth of depths) {
    const at = x(depth).toFixed(1);
    parts.push(
      `<path class="axis" d="M${at} ${AREA.top}V${AREA.bottom}"/>`,
      `<text x="${at}" y="${
        AREA.bottom + 18
      }" text-anchor="middle">${depth}</text>`,
    );
  }
  const ends = lines.map(({ points }) => y(points.at(-1)![1]));
  const places = spread(ends);
  lines.forEach(({ name, points }, i) => {
    const path = points
      .map(([depth, rate]) => `${x(depth).toFixed(1)} ${y(rate).toFixed(1)}`)
      .join("L");
    const dashes = DASHES[i % DASHES.length];
    parts.push(
      `<path class="line${i === 0 ? " ours" : ""}" d="M${path}"` +
        `${dashes && ` stroke-dasharray="${dashes}"`}/>`,
      `<path class="axis" d="M${AREA.right + 2} ${ends[i].toFixed(1)}` +
        `L${AREA.right + 14} ${places[i].toFixed(1)}"/>`,
      `<text x="${AREA.right + 18}" y="${places[i].toFixed(1)}" dy="4">` +
        `${escaped(name)}</text>`,
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>Requests a second by the depth of the pipeline</title>`,
    `<style>${STYLE}</style>`,
    `<text x="${AREA.left}" y="20">requests a second, by how many each client sends at a time</text>`,
    ...parts,
    `<text x="${AREA.left}" y="${HEIGHT - 8}">${escaped(caption)}</text>`,
    "</svg>",
    "",
  ].join("\n");
}

/** Moves places apart, so that the names do not overlap. Keeps their order. */
function spread(places: readonly number[]): number[] {
  const moved = [...places];
  const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b]);
  for (let i = 1; i < order.length; i++) {
    const least = moved[order[i - 1]] + NAME;
    if (moved[order[i]] < least) moved[order[i]] = least;
  }
  return moved;
}
