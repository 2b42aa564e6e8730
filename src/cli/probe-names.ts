import { z } from 'zod';
import { nearestWord, RectuneError } from '../core/errors.js';
import { PROBES, type ProbeName } from '../core/probe.js';
import { named } from './command.js';

/** Of commands that go from a recipe to a report. */
export const probesOption = named(
  'LIST',
  `asked before the report (rectune probe): all, none, or names with commas of ${PROBES.join(', ')}`,
).default('all');

export const probeSecondsOption = z.coerce
  .number()
  .positive()
  .optional()
  .describe('that all probes may take together; without it they cost no more than the evaluation did');

/**
 * Probes by name, with commas, in the order of PROBES; "none" for none, "all" for all.
 *
 * option  that was given, for errors
 * throws  RectuneError (usage) for a name that no probe has
 */
export function readProbes(list: string, option: string): ProbeName[] {
  const names = list.split(',').map((name) => name.trim());
  if (list.trim() === 'none') return [];
  if (list.trim() === 'all') return [...PROBES];
  for (const name of names) {
    if (PROBES.some((probe) => probe === name)) continue;
    const near = nearestWord(name, [...PROBES, 'all', 'none']);
    const fix = `${near ? `did you mean "${near}"? ` : ''}use names of this list, with commas: ${PROBES.join(', ')}; or all, or none`;
    throw new RectuneError('usage', `there is no probe "${name}"`, option, fix);
  }
  return PROBES.filter((probe) => names.includes(probe));
}
