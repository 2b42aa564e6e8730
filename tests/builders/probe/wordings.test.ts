import { describe, expect, it } from 'vitest';
import { renderSample, sampleExample } from '../../../src/builders/lint/sample-example.js';
import { loadTemplate } from '../../../src/builders/load-template.js';
import { loadWrapper } from '../../../src/builders/load-wrapper.js';
import { composeWordings } from '../../../src/builders/probe/compose-wording.js';
import { factsOf, WORDINGS, Wordings } from '../../../src/builders/probe/wordings.js';
import { allTemplates } from '../../../src/builders/template-library.js';
import { TASKS } from '../../../src/core/template.js';

const wrapper = loadWrapper({ kind: 'plain' });
/** Templates whose answers are scored, one of those that tell the same and are answered in the same kind. */
const scored = [
  ...new Map(
    allTemplates()
      .map((name) => loadTemplate(name, '.'))
      .filter(({ head }) => TASKS[head.task].alternatives !== 'none')
      .map((one) => [`${factsOf(one)} ${[...one.answerPlaces, ...one.answerSlots]}`, one]),
  ).values(),
];

describe('wordings', () => {
  it('are as many as wanted beside each template whose answers are scored, all with the same facts', () => {
    const wordings = new Wordings([], new Set());
    for (const own of scored) {
      const found = wordings.of(own);
      expect([own.head.id, found.length]).toEqual([own.head.id, WORDINGS]);
      const ids = found.map(({ template }) => template.head.id);
      expect(new Set([...ids, own.head.id]).size).toBe(WORDINGS + 1);
      for (const { template } of found) expect(factsOf(template)).toBe(factsOf(own));
      expect(ids.filter((id) => id.startsWith('tallrec/'))).toEqual([]); // "movie" and "book"
    }
  });

  it('come first when train held them, those of the version among them', () => {
    const own = loadTemplate('tallrec/movie', '.');
    const seen = loadTemplate('judgement-lists/thumbs', '.');
    const [first, ...others] = new Wordings([own, seen], new Set([seen.head.id])).of(own);
    expect([first?.template.head.id, first?.seen]).toEqual([seen.head.id, true]);
    expect(others.map((one) => one.seen)).toEqual(others.map(() => false));
  });
});

describe('a composed wording', () => {
  it('prints the same values as the template that it stands for, in other words', () => {
    for (const own of scored) {
      const example = sampleExample(own, true);
      const values = (text: ReturnType<typeof renderSample>) => {
        const bytes = Buffer.from(text.prompt);
        return new Set(text.values.map(([from, to]) => bytes.subarray(from, to).toString().replaceAll('"', '')));
      };
      const words = new Set([example.itemWord, example.itemWords]);
      const shown = [...values(renderSample(own, wrapper))].filter((value) => !words.has(value));
      for (const template of composeWordings(own)) {
        const made = renderSample(template, wrapper);
        const text = made.prompt.replaceAll('"', '');
        for (const value of shown) {
          if (/^[A-Z]$|^\d$/.test(value)) continue; // a letter or a number of a candidate
          if (value.startsWith('title is')) continue; // an item in one value: title and fields
          expect([own.head.id, template.head.id, text.includes(value)]).toEqual([own.head.id, template.head.id, true]);
        }
        expect(made.choices?.length).toBe(renderSample(own, wrapper).choices?.length);
        expect(made.choices).toContain(made.answer);
        expect(made.prompt).not.toMatch(/\{\{|undefined/);
      }
    }
  });

  it('has answers of a judgement that differ in their first word', () => {
    for (const template of composeWordings(loadTemplate('tallrec/movie', '.'))) {
      const [liked, disliked] = template.labels as readonly [string, string];
      expect(liked[0]?.toLowerCase()).not.toBe(disliked[0]?.toLowerCase());
    }
  });
});
