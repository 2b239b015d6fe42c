/** Where the parts of a chart go, in pixels. */

/** A stack of values on one day, from the bottom. */
export interface Bar {
  key: string;
  y: number;
  height: number;
}

/** The end of an axis that takes `most`: a number that people count by, and halves well. */
export function ceiling(most: number): number {
  if (most <= 2) return 2;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 4, 6, 8, 10].find((step) => step * power >= most) ?? 10;
  return step * power;
}

/** The values of one day on top of one another, on an axis of `height` that ends at `top`. */
export function stack(values: readonly (readonly [string, number])[], top: number, height: number): Bar[] {
  let y = height;
  return values
    .filter(([, value]) => value > 0)
    .map(([key, value]) => {
      const tall = (value / top) * height;
      y -= tall;
      return { key, y, height: tall };
    });
}

/** How far along a waiting time is, from 0 to 1: each minute, hour and day counts for less than the one before. */
export function along(seconds: number, longest: number): number {
  return Math.min(Math.log1p(seconds) / Math.log1p(longest), 1);
}
