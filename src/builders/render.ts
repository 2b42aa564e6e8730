import type { ByteRange } from '../core/instruction.js';
import type { Template } from './load-template.js';
import type { Wrapper } from './load-wrapper.js';
import { Marks } from './marks.js';

/** What a template prints of an item: its title and the fields that the template declares. */
export type ItemText = Readonly<Record<string, string>> & { readonly title: string };

/** An example as the preference task shows it. */
export interface ShownExample {
  readonly history: readonly { readonly item: ItemText; readonly liked: boolean }[]; // oldest first
  readonly target: ItemText;
  readonly label: boolean;
}

/** An example as text. Ranges count UTF-8 bytes of the prompt. */
export interface Rendered {
  readonly instruction: string;
  readonly input: string;
  readonly answer: string;
  readonly prompt: string;
  readonly values: ByteRange[]; // each inserted value, in the order of the text
  readonly history: ByteRange[]; // each printed history item with the separator after it, oldest first
  readonly shown: number[]; // which items of the example's history those are
}

/** Renders one example through template and wrapper. Pure: the same example gives the same bytes. */
export function renderExample(template: Template, wrapper: Wrapper, example: ShownExample): Rendered {
  // Copies, because an item may stand in a history twice and each place is marked by itself.
  const items = example.history.map(({ item }) => ({ ...item }));
  const marks = new Marks(items);
  const context = {
    liked: items.filter((_, i) => example.history[i]?.liked),
    disliked: items.filter((_, i) => !example.history[i]?.liked),
    target: example.target,
  };
  const instruction = template.instruction(context, marks);
  const input = template.input(context, marks);
  const prompt = marks.unmark(wrapper.render({ instruction, input, hasInput: template.hasInput }, marks));
  const shown = [...prompt.history.keys()].sort((a, b) => a - b);
  return {
    instruction: marks.unmark(instruction).text,
    input: marks.unmark(input).text,
    answer: template.labels[example.label ? 0 : 1],
    prompt: prompt.text,
    values: prompt.values,
    history: shown.map((position) => prompt.history.get(position) as ByteRange),
    shown,
  };
}
