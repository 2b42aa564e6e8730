import type { Estimate } from '../core/report.js';

/** What differences of equal sums come to: no figure is told apart from 0 by so little. */
const ROUNDING = 1e-12;

/** Three decimals, none from 1,000 on; a value that would read 0.000 without being 0 keeps its first digit, so that "excludes 0" can be seen. */
export function figure(value: number | null): string {
  if (value === null) return 'not defined';
  if (Math.abs(value) < ROUNDING) return '0.000'; // -0 too
  if (Math.abs(value) >= 1000) return thousands(Math.round(value));
  return Math.abs(value) < 0.0005 ? String(Number(value.toPrecision(1))) : value.toFixed(3);
}

/** p as it is printed: three decimals, "< 0.001" below that, "-" where the test cannot be made. */
export function pValue(p: number | null): string {
  if (p === null) return '-';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** [low, high], or a word where no interval can be given. */
export function interval({ low, high }: Estimate): string {
  return low === null || high === null ? 'no interval' : `[${figure(low)}, ${figure(high)}]`;
}

/** 0.710 [0.630, 0.780] */
export function withInterval(estimate: Estimate): string {
  return estimate.value === null ? 'not defined' : `${figure(estimate.value)} ${interval(estimate)}`;
}

/** 1,000 test rows */
export function counted(count: number, noun: string): string {
  return `${thousands(count)} ${noun}${count === 1 ? '' : 's'}`;
}

export function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** 0.528 -> 52.8 % */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** The confidence level as a title: 95 % */
export function levelTitle(level: number): string {
  return `${Number((100 * level).toFixed(3))} %`;
}
