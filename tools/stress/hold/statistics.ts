/**
 * Statistics of many measurements.
 *
 * @module
 */

/** Returns the smallest value that the share `q` of the values do not exceed. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(Math.ceil(q * sorted.length) - 1, 0)];
}

/** Returns the value in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * Returns the slope of points `[x, y]`: the median of the slopes between any two
 * of them (Theil and Sen). A single outlier, such as memory that the engine has
 * just reserved, does not change it much.
 */
export function slope(points: readonly (readonly [number, number])[]): number {
  const slopes = points.flatMap(([x, y], i) =>
    points.slice(i + 1).map(([nextX, nextY]) => (nextY - y) / (nextX - x))
  );
  return median(slopes);
}
