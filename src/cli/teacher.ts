import type { Teacher } from '../builders/model-writers.js';
import { jsonGrammar } from '../core/json-grammar.js';
import { GenerateOptions } from '../core/run-config.js';
import { rememberedSha256 } from '../platform/file-hashes.js';
import { requireGguf } from '../platform/gguf-file.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import type { Execution } from '../trainers/execute-run.js';
import { writeTexts } from '../trainers/write-texts.js';
import type { Stoppable } from './signals.js';

const AGAIN_TEMPERATURE = 0.8; // the most probable text would be the same again

/** What a GGUF file writes for a build. Each text is kept in the store the moment it is there: a stopped build goes on with the next. */
export async function localTeacher(
  store: Store,
  model: string,
  execution: Omit<Execution, 'signal'> & { stoppable: Stoppable; threads?: number | undefined },
): Promise<Teacher> {
  requireGguf(model);
  const options = GenerateOptions.parse({ threads: execution.threads });
  return {
    hash: await rememberedSha256(model, studioLayout.fileHashes(execution.studio)),
    async write(prompts, schema, attempt) {
      const again = attempt === 0 ? {} : { temperature: AGAIN_TEMPERATURE, seed: options.seed + attempt };
      const asked = { prompts, model, grammar: jsonGrammar(schema), options: { ...options, ...again } };
      const texts = await execution.stoppable((signal) => writeTexts(store, asked, { ...execution, signal }));
      return texts.map(({ text }) => text);
    },
  };
}
