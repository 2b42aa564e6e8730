import * as Plot from '@observablehq/plot';
import type { Estimate } from '../../../core/report.js';
import { QUIET, svg } from './frame.js';

/** A figure with its name and colour. */
export interface NamedEstimate {
  readonly title: string;
  readonly estimate: Estimate;
  readonly color: string;
  readonly beside?: Estimate | undefined; // another model's figure, a ring without interval
}

const HALO = { stroke: 'var(--background)', strokeWidth: 5, fill: 'currentColor' }; // grid lines stop before letters
const BAND = 38; // height of a name and the line below it

/**
 * Figures under each other, each a dot with its interval as a line and its name above: a forest plot whose names need no margin.
 * What is not defined is left out.
 *
 * reference  value of the dashed line, such as chance or no difference
 */
export function intervalsPlot(
  label: string,
  axis: string,
  figures: readonly NamedEstimate[],
  reference: number | undefined,
): string {
  const rows = figures.flatMap(({ title, estimate: { value, low, high }, color, beside }, place) =>
    value === null
      ? []
      : [
          {
            place: String(place), // names may repeat, places do not
            title: short(title),
            value,
            low: low ?? value,
            high: high ?? value,
            color,
            beside: beside?.value ?? undefined,
          },
        ],
  );
  const all = rows.flatMap(({ low, high, beside }) => [low, high, ...(beside === undefined ? [] : [beside])]);
  const reached = [...all, ...(reference === undefined ? [] : [reference])];
  const margin = (Math.max(...reached) - Math.min(...reached)) * 0.04 || 0.01;
  return svg({
    ariaLabel: label,
    height: 62 + BAND * rows.length,
    marginLeft: 14,
    marginTop: 14,
    x: {
      label: axis,
      labelAnchor: 'center',
      labelArrow: 'none',
      grid: true,
      ticks: 5,
      domain: [Math.min(...reached) - margin, Math.max(...reached) + margin],
    },
    y: { axis: null, domain: rows.map(({ place }) => place) },
    marks: [
      ...(reference === undefined ? [] : [Plot.ruleX([reference], QUIET)]),
      Plot.text(rows, { y: 'place', text: 'title', frameAnchor: 'left', textAnchor: 'start', dy: -9, ...HALO }),
      Plot.ruleY(rows, { y: 'place', x1: 'low', x2: 'high', stroke: 'color', strokeWidth: 3, dy: 8 }),
      Plot.dot(rows, { y: 'place', x: 'value', fill: 'color', r: 5.5, dy: 8 }),
      Plot.dot(
        rows.filter(({ beside }) => beside !== undefined),
        { y: 'place', x: 'beside', stroke: 'var(--base)', fill: 'var(--background)', strokeWidth: 2, r: 4.5, dy: 8 },
      ),
    ],
  });
}

/** As many characters as stand in the width of a plot. */
function short(title: string): string {
  return title.length > 52 ? `${title.slice(0, 51)}…` : title;
}
