import { join } from 'node:path';
import { z } from 'zod';
import { QUICK_MODELS } from '../../core/fit-search.js';
import { QuickstartOptions } from '../../core/run-config.js';
import { packageVersion } from '../../platform/package-version.js';
import { command } from '../command.js';
import { executionOf } from '../execution.js';
import { idModelsOption, readIdModels } from '../model-names.js';
import { probesOption, readProbes } from '../probe-names.js';

const NEXT = 'npx rectune run recipes/tallrec-movie.yaml --log <ml-100k folder> --model <model.gguf>';

export default command({
  name: 'quickstart',
  summary: 'the whole pipeline in a minute, offline: invented users and items, a base model made here, a report',
  positionals: z.strictObject({}),
  options: z.strictObject({ ...QuickstartOptions.shape, idModels: idModelsOption(QUICK_MODELS), probes: probesOption }),
  examples: ['rectune quickstart', 'rectune quickstart --studio trial'],
  async run(_, { threads, idModels, probes }, context) {
    const began = performance.now();
    const [{ runQuickstart }, { summarizeReport }] = await Promise.all([
      import('../quickstart.js'),
      import('../../eval/summary.js'),
    ]);
    const result = await runQuickstart(context.openStore('make'), {
      ...executionOf(context),
      stoppable: context.stoppable,
      threads,
      idModels: readIdModels(idModels),
      probes: readProbes(probes, '--probes'),
      program: packageVersion(),
      onStage: (line) => context.note(line),
    });
    const { version, run, adapter, report, directory, model, best } = result;
    const seconds = Math.round((performance.now() - began) / 1000);
    const value = { version: version.hash, model: model.path, run: run.id, best, directory, seconds, report };
    const text = [
      summarizeReport(report),
      '',
      `The users are invented, so the best reachable AUC on these rows is known: ${best.byPrompt.toFixed(3)} from what the prompt`,
      `shows, ${best.byTaste.toFixed(3)} for one who knows every user's tastes.`,
      '',
      `report:  ${join(directory, 'report.html')}`,
      `adapter: ${adapter}`,
      `time:    ${seconds} s`,
      '',
      'With real data and a real model:',
      `  ${NEXT}`,
    ].join('\n');
    return { value, text };
  },
});
