import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ExitCode } from '../../src/core/errors.js';
import { FitLearning, FitModel, NativeFitConfig } from '../../src/core/fit.js';
import {
  NativeGenerateConfig,
  NativeInspectConfig,
  NativeRankConfig,
  NativeScoreConfig,
  NativeServeConfig,
  NativeTrainConfig,
} from '../../src/core/run-config.js';
import { RunEvent } from '../../src/core/run-event.js';
import { packageRoot } from '../../src/platform/files.js';
import { SHARED } from '../../src/trainers/execute-series.js';

const page = readFileSync(join(packageRoot(), 'docs', 'protocol.md'), 'utf8');

/** The part of the page under a heading. */
function section(heading: string): string {
  const text = page.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  if (text === undefined) throw new Error(`docs/protocol.md has no section "${heading}"`);
  return text;
}

describe('docs/protocol.md', () => {
  it.each([
    { verb: 'train', schema: NativeTrainConfig },
    { verb: 'score', schema: NativeScoreConfig },
    { verb: 'generate', schema: NativeGenerateConfig },
    { verb: 'serve', schema: NativeServeConfig },
    { verb: 'rank', schema: NativeRankConfig },
    { verb: 'inspect', schema: NativeInspectConfig },
    { verb: 'fit', schema: NativeFitConfig },
  ])('names every key of the config of $verb', ({ verb, schema }) => {
    const keys = Object.keys(schema.shape);
    expect(keys.length).toBeGreaterThan(5);
    expect(keys.filter((key) => !section(verb).includes(`\`${key}\``))).toEqual([]);
  });

  it('names every model of fit with its settings, and how it learns', () => {
    const rows = section('fit').split('\n');
    expect(FitModel.options.length).toBeGreaterThan(3);
    for (const { shape } of FitModel.options) {
      const [name] = shape.model.values;
      const row = rows.find((line) => line.startsWith(`| \`${name}\` |`));
      expect(row, `a row for "${name}"`).toBeDefined();
      const settings = Object.keys(shape.settings.unwrap().shape);
      expect(settings.filter((key) => !row?.includes(`\`${key}\``))).toEqual([]);
    }
    expect(Object.keys(FitLearning.shape).filter((key) => !section('fit').includes(`\`${key}\``))).toEqual([]);
  });

  it('names what the runs of a series share', () => {
    expect(SHARED.filter((key) => !section('series').includes(`\`${key}\``))).toEqual([]);
  });

  it('names every event with every field', () => {
    const lines = section('Events').split('\n');
    expect(RunEvent.options.length).toBeGreaterThan(10);
    for (const { shape } of RunEvent.options) {
      const [name] = shape.event.values;
      const line = lines.find((row) => row.startsWith(`| \`${name}\` |`));
      expect(line, `a row for "${name}"`).toBeDefined();
      const missing = Object.keys(shape).filter((key) => key !== 'event' && !line?.includes(`\`${key}\``));
      expect(missing, `fields of "${name}"`).toEqual([]);
    }
  });

  it('names every exit code', () => {
    const codes = Object.values(ExitCode);
    expect(codes.filter((code) => !section('Exit codes').includes(`| ${code} |`))).toEqual([]);
  });
});
