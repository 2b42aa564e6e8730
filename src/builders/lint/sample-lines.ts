import type { InstructionLine } from '../../core/instruction.js';
import { TASKS } from '../../core/template.js';
import type { Template } from '../load-template.js';
import type { Wrapper } from '../load-wrapper.js';
import { renderSample } from './sample-example.js';

/** A row of each template as native/ reads it, judgements with either label; where: what a finding names. */
export function sampleLines(
  templates: readonly Template[],
  wrapper: Wrapper,
): { readonly line: InstructionLine; readonly where: string }[] {
  const rows = templates.flatMap((template) => {
    const labels = TASKS[template.head.task].alternatives === 'label' ? [true, false] : [true];
    return labels.map((label) => ({ template, label }));
  });
  return rows.map(({ template, label }, row) => {
    const { prompt, answer, values, history, choices, scored } = renderSample(template, wrapper, label);
    const own = choices === null ? {} : scored === 'first-token' ? { labels: choices } : { choices };
    const about = { row, user: 'sample', item: 'sample', label: template.labels ? label : null };
    return { line: { ...about, prompt, answer, values, history, ...own }, where: template.shown };
  });
}
