import { type Instruction, SPLITS, type Split } from '../core/instruction.js';
import type { Interaction } from '../core/interaction.js';
import type { LabelRule } from '../core/recipe.js';
import { refuse, rowName } from './checks.js';
import { type Example, isLiked } from './examples.js';
import type { ItemTexts } from './item-texts.js';
import type { Template } from './load-template.js';
import type { Wrapper } from './load-wrapper.js';
import { type ItemText, renderExample } from './render.js';

/**
 * Examples as instructions, in the same order.
 *
 * throws  RectuneError 'data' that names the rows which would show an item without a title (or without a field of the template)
 */
export function renderSplits(
  splits: Readonly<Record<Split, readonly Example[]>>,
  label: LabelRule,
  texts: ItemTexts,
  template: Template,
  wrapper: Wrapper,
): Record<Split, Instruction[]> {
  const rendered: Record<Split, Instruction[]> = { train: [], valid: [], test: [] };
  const untitled: string[] = [];
  for (const split of SPLITS) {
    splits[split].forEach((example, row) => {
      const unknown = [...example.history, example.target].find((interaction) => !texts.has(interaction));
      if (unknown) untitled.push(`${rowName({ split, row })} (item ${unknown.itemId}: ${texts.fault(unknown.itemId)})`);
      else rendered[split].push(instructionOf(example, split, row));
    });
  }
  refuse(
    untitled,
    'show an item that cannot be printed',
    'complete the item file, or set missingTitles: skip in the recipe',
  );
  return rendered;

  function instructionOf({ userId, history, target }: Example, split: Split, row: number): Instruction {
    const likes = history.map((interaction) => isLiked(interaction, label));
    const liked = isLiked(target, label);
    const text = renderExample(template, wrapper, {
      history: history.map((interaction, i) => ({ item: textOf(interaction), liked: likes[i] === true })),
      target: textOf(target),
      label: liked,
    });
    return {
      row,
      split,
      userId,
      itemId: target.itemId,
      label: liked,
      templateId: template.head.id,
      templateVersion: template.head.version,
      instruction: text.instruction,
      input: text.input,
      answer: text.answer,
      prompt: text.prompt,
      values: text.values,
      history: text.history,
      historyLabels: text.shown.map((i) => likes[i] === true),
      target: target.logIndex,
      historyInteractions: text.shown.map((i) => (history[i] as Interaction).logIndex),
    };
  }

  function textOf(interaction: Interaction): ItemText {
    return texts.find(interaction.itemId) as ItemText;
  }
}
