import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/**
 * Every plot is drawn this wide and scaled by the page: on a phone to about 0.8, so that its letters stay readable there, and
 * beside another one on a wide screen. Units of the SVG, which are pixels before scaling.
 */
const WIDTH = 400;

/** A dashed line that guides the eye: chance, no difference. */
export const QUIET = { stroke: 'var(--quiet)', strokeDasharray: '3 4' };

/** From corner to corner of a square plot. */
export const DIAGONAL: [number, number][] = [
  [0, 0],
  [1, 1],
];

/** A plot as SVG text. Colours are custom properties of the page, so that one drawing fits light and dark. */
export function svg(options: Plot.PlotOptions & { ariaLabel: string }): string {
  // Plot draws into a document; linkedom is one without a browser.
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const frame = { width: WIDTH, marginLeft: 54, marginBottom: 46, marginRight: 14, style: { fontSize: '13px' } };
  return Plot.plot({ ...frame, ...options, document }).outerHTML;
}
