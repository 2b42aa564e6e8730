import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { columnRoles } from '../../src/builders/column-roles.js';
import { gridCoverage, type LogFields, missingColumns } from '../../src/builders/coverage.js';
import { gridTemplates } from '../../src/builders/grid.js';
import { loadTemplate, type Template } from '../../src/builders/load-template.js';
import { loadWrapper } from '../../src/builders/load-wrapper.js';
import { renderExample, type ShownExample } from '../../src/builders/render.js';
import { sourceCoverage } from '../../src/builders/source-coverage.js';
import { allTemplates, libraryOverview } from '../../src/builders/template-library.js';
import { templateTexts } from '../../src/builders/template-texts.js';
import { cellId, MEANINGFUL_CELLS } from '../../src/core/grid.js';
import { ANSWER_SLOTS, PROMPT_SLOTS } from '../../src/core/slots.js';
import { FAMILIES, TASKS } from '../../src/core/template.js';
import { packageRoot } from '../../src/platform/files.js';
import { keepSource, source, temporaryStore } from '../store/fixtures.js';

const library = libraryOverview();
const wrapper = loadWrapper({ kind: 'alpaca', noqaComment: false });
const everything = [...allTemplates()].map((name) => loadTemplate(name, '.'));

/** Every slot filled with words of its own, so that it can be found again. */
function fullExample(change: Partial<ShownExample> = {}): ShownExample {
  const item = (name: string) => ({ title: `${name} title`, category: `${name} category` });
  return {
    history: [
      { item: item('Oldest'), liked: true, stars: '4' },
      { item: item('Middle'), liked: false, stars: '2' },
      { item: item('Newest'), liked: true, stars: '5' },
    ],
    target: item('Target'),
    label: true,
    stars: '3',
    scale: ['1', '2', '3', '4', '5'],
    candidates: [item('Rival'), item('Target'), item('Other')],
    chosen: 1,
    user: { age: 'my age', gender: 'my gender', occupation: 'my work' },
    texts: {
      preference: 'my taste',
      vagueIntention: 'my vague need',
      specificIntention: 'my query',
      collaborative: 'my crowd',
      reasoning: 'my thoughts.',
      explanation: 'my explanation',
      feature: 'my feature',
      headline: 'my headline',
      review: 'my review',
      knowledge: 'my knowledge',
      profile: '{"summarization": "a", "reasoning": "b"}',
      factors: 'my factors',
    },
    itemWord: 'gadget',
    itemWords: 'gadgets',
    ...change,
  };
}

const rendered = (template: Template, change: Partial<ShownExample> = {}) =>
  renderExample(template, wrapper, fullExample(change));

describe('the library', () => {
  it('has 18 families and 284 templates, 91 of them for evaluation only', () => {
    expect(library.counts).toEqual({ families: 18, templates: 284, evaluationOnly: 91 });
    expect(library.grid).toEqual({ cells: 144, meaningful: 73, templates: 219, evaluationOnly: 73 });
    expect(allTemplates().length).toBe(library.counts.templates);
  });

  it.each(library.families.map(({ family, templates }) => ({ family, templates })))(
    '$family has two wordings for train or more, and one for evaluation only',
    ({ templates }) => {
      const unseen = templates.filter(({ head }) => head.evaluationOnly);
      expect(templates.length - unseen.length).toBeGreaterThanOrEqual(2);
      expect(unseen.length).toBeGreaterThanOrEqual(1);
      expect(new Set(templates.map(({ head }) => head.instruction)).size).toBe(templates.length);
    },
  );

  it('asks in its evaluation-only wordings what some wording of train asks, in the same task', () => {
    for (const { templates } of library.families) {
      const tasks = new Set(templates.filter(({ head }) => !head.evaluationOnly).map(({ head }) => head.task));
      for (const { head } of templates) expect(tasks.has(head.task)).toBe(true);
    }
  });

  it('offers every task in some template, and uses every slot in some template', () => {
    expect(new Set(everything.map(({ head }) => head.task))).toEqual(new Set(Object.keys(TASKS)));
    const used = new Set(everything.flatMap(({ slots }) => [...slots]));
    expect([...Object.keys(PROMPT_SLOTS), ...Object.keys(ANSWER_SLOTS)].filter((name) => !used.has(name))).toEqual([]);
  });
});

describe('the texts of a name', () => {
  it('are those of a template, a cell or a family, as they are written', () => {
    expect(allTemplates().map((name) => templateTexts(name)[0]?.head.id)).toEqual(allTemplates());
    for (const cell of MEANINGFUL_CELLS) expect(templateTexts(cellId(cell))).toHaveLength(3);
    for (const { family, templates } of library.families)
      expect(templateTexts(family).map(({ head }) => head.id)).toEqual(templates.map(({ head }) => head.id));
    expect(templateTexts('rating/from-review')).toMatchObject([
      { head: { task: 'rating', output: '{{stars}}' }, input: '{{quote target.title}}: {{oneLine review}}' },
    ]);
    expect(templateTexts('p1-i2-t3-plain')[0]?.input).toContain('searches for now: {{specificIntention}}\n');
  });

  it('are none of a name that there is not, and the nearest one is told', () => {
    expect(() => templateTexts('ratng')).toThrow(/the library has no "ratng"/);
  });
});

describe('every template', () => {
  it('prints what it declares, whole, and its answer is one of its choices', () => {
    for (const template of everything) {
      if (template.head.family === 'tallrec') continue; // author and genre: tests/templates/golden.test.ts
      const { prompt, answer, choices } = rendered(template);
      const named = (slot: string, text: string) => {
        if (template.slots.has(slot))
          expect([template.head.id, `${prompt}${answer}`.includes(text)]).toEqual([template.head.id, true]);
      };
      for (const [slot, text] of Object.entries(fullExample().texts ?? {})) named(slot, text);
      if (template.slots.has('history'))
        for (const name of ['Oldest', 'Middle', 'Newest']) expect(prompt).toContain(name);
      if (template.slots.has('candidates'))
        for (const name of ['Rival', 'Target', 'Other']) expect(prompt).toContain(name);
      expect(prompt).not.toMatch(/\{\{|\}\}|undefined|\[object/);
      expect(answer.trim()).not.toBe('');
      if (choices) {
        expect(choices).toContain(answer);
        expect(new Set(choices).size).toBe(choices.length);
      }
    }
  });

  it('shows the model the same whatever the answer is', () => {
    for (const template of everything) {
      if (template.head.family === 'tallrec') continue;
      const { answer } = TASKS[template.head.task];
      const [first, second] = [rendered(template), rendered(template, otherAnswer(template))];
      expect([template.head.id, second.prompt]).toEqual([template.head.id, first.prompt]);
      expect([template.head.id, answer, second.answer === first.answer]).toEqual([template.head.id, answer, false]);
    }
  });

  it('names the target in the prompt only where the task shows it or it is a candidate', () => {
    for (const template of everything) {
      if (template.slots.has('candidates') || TASKS[template.head.task].prompt.some((slot) => slot === 'target'))
        continue;
      expect([template.head.id, rendered(template).prompt.includes('Target')]).toEqual([template.head.id, false]);
    }
  });

  it('ends in a wrapper behind which the answer begins', () => {
    for (const template of everything) {
      if (template.head.family === 'tallrec') continue;
      expect(rendered(template).prompt.endsWith('### Response:\n')).toBe(true);
    }
  });
});

/** Another answer to the same question: another label, another rating, another candidate, another text. */
function otherAnswer(template: Template): Partial<ShownExample> {
  switch (TASKS[template.head.task].alternatives) {
    case 'label':
      return { label: false };
    case 'stars':
      return { stars: '1' };
    case 'candidates':
      return { chosen: 2, target: { title: 'Other title', category: 'Other category' } };
    case 'none': {
      const texts = { ...fullExample().texts };
      for (const slot of template.answerSlots) Object.assign(texts, { [slot]: 'something else' });
      return { texts };
    }
  }
}

describe('coverage', () => {
  const columns = (change: Partial<LogFields> = {}): LogFields => ({
    roles: columnRoles({}, new Set(['genres', 'tags']), new Set(['reviewText', 'summary'])),
    items: new Set(['genres', 'tags']),
    users: new Set(['age', 'gender', 'occupation']),
    rating: true,
    ...change,
  });
  const without = (role: string): LogFields => columns({ roles: { ...columns().roles, [role]: undefined } });

  it('is whole for a log that has everything', () => {
    for (const { missing } of gridCoverage(columns())) expect(missing).toEqual([]);
    for (const { templates } of library.families)
      for (const one of templates) expect(missingColumns(one, columns())).toEqual([]);
  });

  it('of cells with a vague intention needs reviews, of those with a taste in words categories', () => {
    for (const { cell, missing } of gridCoverage(without('review')))
      expect(missing.includes('review')).toBe(cell.intention === 'I1');
    for (const { cell, missing } of gridCoverage(without('category'))) {
      expect(missing.includes('category')).toBe(cell.preference === 'P2' || cell.diversity === 'cot');
    }
  });

  it('does not ask for a column whose text somebody writes', () => {
    const lacking = gridCoverage(without('review'), new Set(['vagueIntention']));
    expect(lacking.every(({ missing }) => missing.length === 0)).toBe(true);
  });

  it('counts cells and families apart that texts of a model or imported ones would make possible', () => {
    const { store } = temporaryStore();
    keepSource(store, source('bare'), { items: [{ itemId: 'i1', title: 'A', attributes: {} }] });
    const bare = sourceCoverage(store, 'bare', library);
    const named = bare.cells.filter(({ missing }) => missing.length === 0).map(({ cell }) => cell);
    expect(named).toEqual(['p1-i0-t0-plain', 'p1-i0-t1-plain', 'p1-i0-t2-plain', 'p1-i0-t3-plain']);
    expect(bare.supported.cells).toBe(4);
    expect(bare.others).toEqual({ items: [], interactions: [] });
    keepSource(store, source('named'), {
      items: [{ itemId: 'i1', title: 'A', attributes: { genres: 'x', plot: 'y' } }],
    });
    expect(sourceCoverage(store, 'named', library)).toMatchObject({
      roles: { category: 'genres' },
      others: { items: ['plot'], interactions: [] },
    });
    // Those without intention: 8 plain ones, their 8 with thoughts, and from an item to the taste.
    const free = MEANINGFUL_CELLS.filter(({ intention }) => intention === 'I0').map(cellId);
    expect([free.length, bare.written.cells]).toEqual([17, 17]);
    expect(bare.written.families).toBeGreaterThan(bare.supported.families);
  });

  it('counts the log without ratings, users or categories as it should', () => {
    const stars = everything.filter((template) => missingColumns(template, columns({ rating: false })).length > 0);
    expect(stars.map(({ head }) => head.family).sort()).toEqual(
      expect.arrayContaining(['rating', 'judgement-ratings']),
    );
    const ownWords = everything.filter(({ head }) => head.family !== 'tallrec');
    const persona = ownWords.filter((template) => missingColumns(template, columns({ users: new Set() })).length > 0);
    expect(persona.map(({ head }) => head.id).sort()).toEqual(['field-values/user', 'judgement-ratings/persona']);
    expect(gridTemplates().length).toBe(219);
  });
});

it('templates/README.md names every task with its slots, every slot and every family', () => {
  const text = readFileSync(join(packageRoot(), 'templates', 'README.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  for (const [task, { asks, prompt, answer }] of Object.entries(TASKS)) {
    const row = rows.find((line) => line.startsWith(`| \`${task}\` | ${asks}`)) ?? '';
    const cells = row.split(' | ');
    expect(cells[2]).toBe(prompt.map((slot) => `\`${slot}\``).join(', '));
    expect(cells[3]).toBe(answer.map((slot) => `\`${slot}\``).join(', '));
  }
  for (const slots of [PROMPT_SLOTS, ANSWER_SLOTS]) {
    for (const [slot, { says }] of Object.entries(slots))
      expect(rows.some((line) => line.startsWith(`| \`${slot}\``) && line.includes(says))).toBe(true);
  }
  for (const family of Object.keys(FAMILIES))
    expect(rows.some((line) => line.startsWith(`| \`${family}\``))).toBe(true);
});

it('tells ratings apart by their first token, or by their whole text where one begins another, as 1 begins 1.5', () => {
  const rating = everything.filter(({ head }) => head.task === 'rating' && head.family !== 'chain-of-thought');
  expect(rating.length).toBeGreaterThan(0);
  for (const template of rating) {
    expect(rendered(template).scored).toBe('first-token');
    const halves = rendered(template, { scale: ['0.5', '1', '1.5', '2'], stars: '1' });
    const begins = halves.choices?.some((one) => halves.choices?.some((two) => one !== two && two.startsWith(one)));
    expect(halves.scored).toBe(begins ? 'likelihood' : 'first-token');
  }
});

it('tells letters apart by their first token, and behind a chain of thought, where a vocabulary may join some to the space before them, by their whole text', () => {
  const byLetter = everything
    .filter(({ head }) => TASKS[head.task].alternatives === 'candidates' && head.family !== 'field-values')
    .map((template) => rendered(template))
    .filter(({ choices }) => choices?.length === 3 && choices.every((choice, i) => choice.endsWith('ABC'.charAt(i))));
  const alone = byLetter.filter(({ choices }) => choices?.[0] === 'A');
  const behind = byLetter.filter(({ choices }) => choices?.[0]?.endsWith('my thoughts. So the answer is: A'));
  expect([alone.length > 0, behind.length > 0]).toEqual([true, true]);
  expect(new Set(alone.map(({ scored }) => scored))).toEqual(new Set(['first-token']));
  expect(new Set(behind.map(({ scored }) => scored))).toEqual(new Set(['likelihood']));
});
