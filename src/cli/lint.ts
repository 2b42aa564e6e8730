import { lintRecipe } from '../builders/lint/lint-recipe.js';
import { lintTemplate } from '../builders/lint/lint-template.js';
import { lintVersion, logOf } from '../builders/lint/lint-version.js';
import { sampleLines } from '../builders/lint/sample-lines.js';
import type { Template } from '../builders/load-template.js';
import { loadWrapper, type Wrapper } from '../builders/load-wrapper.js';
import { allTemplates } from '../builders/template-library.js';
import { RectuneError } from '../core/errors.js';
import type { Finding } from '../core/lint.js';
import { exists } from '../platform/files.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { lintLines, lintRows } from '../trainers/lint-tokens.js';
import type { Context } from './command.js';

interface LintOptions {
  readonly model?: string | undefined;
  readonly wrapper: 'alpaca' | 'plain';
  readonly maxLength: number;
  readonly threads?: number | undefined;
}

/** The findings on whatever a name stands for: a template, else a version of the studio, else a recipe. */
export async function lint(what: string, options: LintOptions, context: Context): Promise<readonly Finding[]> {
  const store = exists(studioLayout.store(context.studio)) ? context.openStore('existing') : undefined;
  const ofTokens = async (templates: readonly Template[], wrapper: Wrapper): Promise<Finding[]> => {
    const { model, maxLength, threads } = options;
    if (model === undefined) return [];
    return lintLines(sampleLines(templates, wrapper), { model, maxLength, threads });
  };
  if (what.endsWith('.hbs') || allTemplates().includes(what)) {
    const wrapper = loadWrapper(
      options.wrapper === 'alpaca' ? { kind: 'alpaca', noqaComment: false } : { kind: 'plain' },
    );
    const { template, findings } = lintTemplate(what, '.', wrapper);
    return [...findings, ...(await ofTokens(template ? [template] : [], wrapper))];
  }
  const version = /\.ya?ml$/.test(what) ? undefined : store?.versions.find(what);
  if (store && version) {
    const { model, maxLength, threads } = options;
    const findings = lintVersion(store, version);
    if (model === undefined) return findings;
    const lineOf = (split: 'train' | 'valid' | 'test', row: number) =>
      store.versions.instruction(version.hash, split, row);
    return [...findings, ...(await lintRows(context.studio, version, lineOf, { model, maxLength, threads }))];
  }
  const { recipe, templates, findings } = lintRecipe(what, logIn(store));
  if (recipe === undefined) {
    const [first] = findings;
    if (first && /^there is no recipe/.test(first.what))
      throw new RectuneError('usage', `there is no template, version or recipe "${what}"`, first.where, first.fix);
    return findings;
  }
  return [...findings, ...(await ofTokens(templates, loadWrapper(recipe.wrapper)))];
}

const logIn = (store: Store | undefined) => (sourceId: string) => (store ? logOf(store, sourceId) : undefined);
