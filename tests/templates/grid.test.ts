import { describe, expect, it } from 'vitest';
import { cellTemplates, gridTemplate, gridTemplates } from '../../src/builders/grid.js';
import { loadTemplate } from '../../src/builders/load-template.js';
import { cellId, GRID, MEANINGFUL_CELLS, meaningless } from '../../src/core/grid.js';

describe('the grid', () => {
  it('has 144 cells, of which 73 mean something', () => {
    expect(GRID.length).toBe(3 * 3 * 4 * 4);
    expect(new Set(GRID.map(cellId)).size).toBe(GRID.length);
    expect(MEANINGFUL_CELLS.length).toBe(73);
  });

  it('says of each other cell why it means nothing', () => {
    for (const cell of GRID) if (!MEANINGFUL_CELLS.includes(cell)) expect(meaningless(cell)).toMatch(/\w+ \w+/);
  });

  it('has three wordings for each cell that means something, two for train and one for evaluation only', () => {
    expect(gridTemplates().length).toBe(3 * MEANINGFUL_CELLS.length);
    for (const cell of MEANINGFUL_CELLS) {
      const templates = cellTemplates(cell).map((name) => loadTemplate(name, '.'));
      expect(templates.map(({ head }) => head.evaluationOnly)).toEqual([false, false, true]);
      const texts = templates.map(({ head }) => head.instruction);
      expect(new Set(texts).size).toBe(3);
    }
  });

  it('uses in each template what its cell says, and nothing else of the three axes', () => {
    for (const cell of MEANINGFUL_CELLS) {
      for (const name of cellTemplates(cell)) {
        const { slots } = loadTemplate(name, '.');
        expect([name, slots.has('history')]).toEqual([name, cell.preference === 'P1']);
        expect([name, slots.has('preference')]).toEqual([name, cell.preference === 'P2']);
        expect([name, slots.has('vagueIntention')]).toEqual([name, cell.intention === 'I1']);
        expect([name, slots.has('specificIntention')]).toEqual([name, cell.intention === 'I2']);
        expect([name, slots.has('reasoning')]).toEqual([name, cell.diversity === 'cot']);
      }
    }
  });

  it('refuses a name that no cell has', () => {
    for (const name of ['grid/p0-i0-t3-plain-1', 'grid/p1-i0-t3-plain-4', 'grid/nothing']) {
      expect(() => gridTemplate(name)).toThrow(`the grid has no template "${name}"`);
    }
  });
});
