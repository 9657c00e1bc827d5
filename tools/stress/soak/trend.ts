/**
 * The trend of a measure: the straight line through its samples.
 *
 * @module
 */

/** A value and its time. */
export interface Point {
  /** Seconds since a fixed moment. */
  time: number;
  /** The value measured at that time. */
  value: number;
}

/** A least-squares line. */
export interface Trend {
  /** The line's value at the first sample. */
  start: number;
  /** The line's value at the last sample. */
  end: number;
  /** How much the line grows per second. */
  slope: number;
  /** Twice the standard error of `end - start`: growth within it may be chance. */
  noise: number;
}

/**
 * Returns the least-squares line through points in the order of their times.
 *
 * @throws {RangeError} If there are fewer than three points: a line always fits two.
 */
export function trendOf(points: readonly Point[]): Trend {
  if (points.length < 3) {
    throw new RangeError(`Cannot tell a trend from ${points.length} points`);
  }
  const time = mean(points.map((point) => point.time));
  const value = mean(points.map((point) => point.value));
  const spread = sum(points.map((point) => (point.time - time) ** 2));
  const slope = sum(
    points.map((point) => (point.time - time) * (point.value - value)),
  ) / spread;
  const at = (when: number) => value + slope * (when - time);
  const missed = sum(
    points.map((point) => (point.value - at(point.time)) ** 2),
  );
  const error = Math.sqrt(missed / (points.length - 2) / spread);
  const [first, last] = [points[0].time, points[points.length - 1].time];
  return {
    start: at(first),
    end: at(last),
    slope,
    noise: 2 * error * (last - first),
  };
}

/** Returns the value below which `share` of the values lie; `undefined` if there are none. */
export function quantile(
  values: readonly number[],
  share: number,
): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function mean(numbers: readonly number[]): number {
  return sum(numbers) / numbers.length;
}
