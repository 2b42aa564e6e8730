import { TEXT_SLOTS } from '../../core/slots.js';
import type { Template } from '../load-template.js';
import type { Wrapper } from '../load-wrapper.js';
import { type ItemText, type Rendered, renderExample, type ShownExample } from '../render.js';

/** An example that any template can show: each value says what it is, so that nothing in a prompt is equal by chance. */
export function sampleExample({ head }: Template, label: boolean): ShownExample {
  const item = (n: number): ItemText => ({
    ...Object.fromEntries(head.fields.map((field) => [field, `${field} of item ${n}`])),
    title: `Title ${n}`,
  });
  return {
    history: [1, 2, 3].map((n) => ({ item: item(n), liked: n !== 2, stars: String(n + 1) })),
    target: item(5),
    label,
    stars: '4',
    scale: ['1', '2', '3', '4', '5'],
    candidates: [4, 5, 6].map(item),
    chosen: 1,
    user: Object.fromEntries(head.userFields.map((field) => [field, `${field} of the user`])),
    texts: Object.fromEntries(TEXT_SLOTS.map((slot) => [slot, `words for ${slot}`])),
    itemWord: 'item',
    itemWords: 'items',
  };
}

export function renderSample(template: Template, wrapper: Wrapper, label = true): Rendered {
  return renderExample(template, wrapper, sampleExample(template, label));
}
