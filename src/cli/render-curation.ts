import { z } from 'zod';
import type { StepRecord } from '../core/curation/record.js';
import { STEPS } from '../core/curation/steps.js';
import type { DatasetVersion } from '../core/dataset-version.js';
import { SPLITS } from '../core/instruction.js';
import { renderTable } from './render-table.js';
import { renderVersion } from './render-version.js';

export function renderCuration(version: DatasetVersion & { unchanged: boolean }): string {
  const { parent, steps, warnings } = version.curation ?? { parent: '', steps: [], warnings: [] };
  const head = ['step', ...SPLITS.map((split) => `${split} removed`), 'changed', 'example'];
  const rows = steps.map((step) => [
    step.settings.kind,
    ...SPLITS.map((split) => String(step.removed[split])),
    String(SPLITS.reduce((sum, split) => sum + step.changed[split], 0)),
    example(step),
  ]);
  const audits = steps.flatMap(({ audit }) => (audit ? [`found: ${counts(audit)}`] : []));
  return [
    renderVersion(version),
    `made from ${parent.slice(0, 12)}:`,
    renderTable(head, rows),
    ...audits,
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}

function example({ example }: StepRecord): string {
  return example === null ? '' : `${example.split} row ${example.row}: ${example.why}`;
}

function counts(audit: Readonly<Record<string, number>>): string {
  const found = Object.entries(audit).map(([kind, count]) => `${count} ${kind}`);
  return found.length > 0 ? found.join(', ') : 'nothing';
}

/** A kind of step as the list shows it. */
export interface DescribedStep {
  readonly kind: string;
  readonly says: string; // which rows go or change
  readonly settings: Readonly<Record<string, unknown>>; // their defaults; null: there is none
}

/** From the schemas, so that the list cannot say something else. */
export function describedSteps(): DescribedStep[] {
  return STEPS.map((schema) => {
    const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    const { kind, ...settings } = properties as Record<string, { default?: unknown; const?: unknown }>;
    const defaults = Object.entries(settings).map(([name, setting]) => [name, setting.default ?? null]);
    return { kind: String(kind?.const), says: schema.description ?? '', settings: Object.fromEntries(defaults) };
  });
}

export function renderSteps(steps: readonly DescribedStep[], filters: number): string {
  const rows = steps.map(({ kind, says, settings }) => {
    const shown = Object.entries(settings).flatMap(([name, value]) =>
      name === 'splits' ? [] : [`${name}: ${JSON.stringify(value)}`],
    );
    return `${kind}\n  ${says}${shown.length > 0 ? `\n  {${shown.join(', ')}}` : ''}`;
  });
  return [...rows, `${steps.length} kinds of steps, ${filters} of them filters; each takes splits: [train] too`].join(
    '\n',
  );
}
