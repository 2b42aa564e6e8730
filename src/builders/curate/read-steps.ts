import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { CurationStep, spelledOut } from '../../core/curation/steps.js';
import { RectuneError } from '../../core/errors.js';
import { parseAs } from '../../core/parse.js';
import type { Balance } from '../../core/recipe.js';
import { readText } from '../../platform/files.js';
import { readYaml, yamlOfFile } from '../../platform/yaml.js';
import { countsTokens } from './counted-tokens.js';
import { scriptPattern } from './filters/texts.js';

const StepFile = z.strictObject({ steps: z.array(z.unknown()).min(1) });

/** Steps of a YAML file. Files that they name are seen from there. Throws RectuneError 'usage'. */
export function readSteps(file: string): CurationStep[] {
  const { steps } = parseAs(StepFile, yamlOfFile(readText(file, 'usage'), 'the file of steps', file), file);
  return steps.map((written, i) => checkedStep(written, `${file}: steps.${i}`, dirname(resolve(file))));
}

/** A step as it stands on the command line: `sample: {fraction: 0.1}`, in YAML. Throws RectuneError 'usage'. */
export function readStep(text: string): CurationStep {
  const where = `--step ${text}`;
  return checkedStep(readYaml(text, 'the step', () => where).value, where, '.');
}

/** What the schema cannot say of a step alone. */
function checkedStep(written: unknown, where: string, folder: string): CurationStep {
  const step = parseAs(CurationStep, spelledOut(written), where);
  if (step.kind === 'sample' && (step.fraction === undefined) === (step.count === undefined)) {
    throw new RectuneError('usage', 'sample takes either a fraction or a count', where, 'write one of them');
  }
  if (step.kind === 'balance' && !changesAnything(step)) {
    const fix = "say what: 'balance: {labels: true}', {families: true}, {perUser: 10} or {perItem: 10}";
    throw new RectuneError('usage', 'balance is told nothing to balance', where, fix);
  }
  if (step.kind === 'scripts') checkScripts(step.allowed, where);
  if (step.kind === 'scrub' && step.keyFile !== undefined) return { ...step, keyFile: resolve(folder, step.keyFile) };
  if (countsTokens(step) && step.model !== undefined) return { ...step, model: resolve(folder, step.model) };
  if (step.kind === 'review' && step.file !== undefined) return { ...step, file: resolve(folder, step.file) };
  return step;
}

function changesAnything({ labels, families, perUser, perItem }: Balance): boolean {
  return labels || families || perUser !== undefined || perItem !== undefined;
}

function checkScripts(names: readonly string[], where: string): void {
  for (const name of names) {
    try {
      scriptPattern([name]);
    } catch {
      const fix = 'write it as Unicode does: Latin, Cyrillic, Greek, Han, ...';
      throw new RectuneError('usage', `"${name}" is no script of Unicode`, where, fix);
    }
  }
}
