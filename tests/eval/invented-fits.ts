import { FIT_FORMAT, type FitKind, FitResult, type FittedRow } from '../../src/core/fit-result.js';
import type { FitModelName } from '../../src/core/fit-search.js';
import type { Instruction, Split } from '../../src/core/instruction.js';
import { Random } from '../../src/core/random.js';
import type { KeptFit } from '../../src/eval/fitted-scores.js';
import type { ReportInput } from '../../src/eval/report.js';
import { sha256, writeSealed } from '../../src/platform/files.js';
import { studioLayout } from '../../src/platform/studio.js';
import { inventedRun, VERSION_HASH } from './fixtures.js';

/** How an invented fit differs from the plain one. */
export interface FitWorld {
  model?: FitModelName;
  protocol?: 'full' | 'shots';
  kind?: FitKind;
  seeds?: number;
  skill?: number; // how far it lifts what was right; 0: it knows nothing
  validSkill?: number; // the same on valid
  steps?: number; // scores are rounded to so many steps a unit: ties
}

/** What a model of users and items says of the rows of a report's input. The numbers are invented. */
export function inventFit(input: ReportInput, world: FitWorld = {}): FitResult {
  const { model = 'ease', protocol = 'full', kind = 'judgement', seeds = 1, skill = 1, steps = 4 } = world;
  const { validSkill = skill } = world;
  const scored = (split: Exclude<Split, 'train'>, seed: number, lift: number): FittedRow[] => {
    const random = new Random(seed, `${model} ${protocol} ${split}`);
    const rows = (input[split]?.instructions ?? []) as Instruction[];
    return rows.flatMap(({ row, itemId, label, candidates }) => {
      if ((label === null) !== (kind === 'choice') || (kind === 'choice' && candidates === null)) return [];
      const right = candidates ? candidates.indexOf(itemId) : label ? 0 : -1;
      const scores = Array.from({ length: candidates?.length ?? 1 }, (_, place) => {
        return Math.round(steps * (random.normal() + (place === right ? lift : 0))) / steps;
      });
      return [{ row, scores, relevant: right < 0 ? [] : [right] }];
    });
  };
  return FitResult.parse({
    format: FIT_FORMAT,
    versionHash: VERSION_HASH,
    protocol,
    runId: protocol === 'full' ? null : inventedRun.id,
    rows: protocol === 'full' ? null : inventedRun.config.rows,
    kind,
    model,
    metric: kind === 'judgement' ? 'auc' : 'ndcg@10',
    interactions: protocol === 'full' ? 4000 : 130,
    trials: [
      { settings: { l2: 250, layers: [8, 4] }, value: 0.6 },
      { settings: { l2: 50, layers: [8, 4] }, value: 0.61 },
    ],
    chosen: 1,
    seeds: Array.from({ length: seeds }, (_, place) => ({
      seed: place + 1,
      epochs: 7,
      value: 0.61,
      valid: scored('valid', place + 1, validSkill),
      test: scored('test', place + 1, skill),
    })),
  });
}

/** As a studio keeps it. */
export function keptFit(result: FitResult, file = `${result.model}-${result.protocol}-${result.kind}`): KeptFit {
  return { file, sha256: sha256(textOf(result)), result };
}

export function writeFit(studio: string, { file, result }: KeptFit): string {
  const path = studioLayout.fit(studio, result.versionHash, file);
  writeSealed(path, textOf(result));
  return path;
}

function textOf(result: FitResult): string {
  return `${JSON.stringify(result)}\n`;
}
