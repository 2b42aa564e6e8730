import { z } from 'zod';
import { RectuneError } from '../../core/errors.js';
import type { Hub } from '../../platform/hub.js';
import type { PullOptions } from '../../sharing/pull-file.js';
import { type Answer, type Context, command, named } from '../command.js';
import { hubFlags, hubOf, pullOptions } from '../hub-flags.js';
import { renderVersion } from '../render-version.js';

export default command({
  name: 'pull',
  summary:
    'bring a base model or an adapter from a hub into the cache that Python programs share (its path is printed), or a dataset version into the studio; all of it verified',
  positionals: z.strictObject({
    kind: z.enum(['model', 'dataset', 'adapter']).describe('what to bring'),
    repo: z.string().describe('repository, like org/name'),
    file: z.string().optional().describe('of a model: the GGUF file in it'),
  }),
  options: z.strictObject({
    revision: named('R', 'branch, tag or commit').default('main'),
    refresh: z.boolean().default(false).describe('ask the hub what the revision means now, although the cache knows'),
    ...hubFlags,
  }),
  examples: [
    'rectune pull model org/name-GGUF name.Q4_1.gguf',
    'rectune pull dataset org/tiny',
    'rectune pull adapter org/tiny-adapter --revision v1',
  ],
  async run({ kind, repo, file }, options, context) {
    if ((kind === 'model') !== (file !== undefined)) {
      const what = file === undefined ? '<file> is missing' : `"${file}" is one argument too many`;
      const fix = 'name repository and GGUF file of a model; of a dataset or an adapter the repository alone';
      throw new RectuneError('usage', what, `rectune pull ${kind}`, fix);
    }
    return context.stoppable((signal) => {
      const hub = hubOf(options, context, signal);
      const how = pullOptions(options, context);
      if (kind === 'dataset') return version(hub, repo, how, context);
      return file === undefined ? adapter(hub, repo, how, context) : model(hub, repo, file, how, context);
    });
  },
});

async function model(hub: Hub, name: string, file: string, how: PullOptions, context: Context): Promise<Answer> {
  const { pullFiles } = await import('../../sharing/pull-file.js');
  const pulled = await pullFiles(hub, { type: 'model', name }, [file], how);
  const path = pulled.paths[file] ?? '';
  const from = pulled.wasThere ? ', from the cache' : '';
  context.note(`${file}: ${pulled.bytes} bytes, checked, commit ${pulled.commit}${from}`);
  return { value: { path, ...pulled }, text: path };
}

async function version(hub: Hub, repo: string, how: PullOptions, context: Context): Promise<Answer> {
  const { pullDataset } = await import('../../sharing/pull-dataset.js');
  const { studio, now } = context;
  const pulled = await pullDataset(context.openStore('make'), hub, repo, { ...how, studio, now });
  context.note(`${repo}, commit ${pulled.commit}: verified`);
  return { value: pulled, text: renderVersion(pulled) };
}

async function adapter(hub: Hub, repo: string, how: PullOptions, context: Context): Promise<Answer> {
  const { pullAdapter } = await import('../../sharing/pull-adapter.js');
  const pulled = await pullAdapter(hub, repo, how);
  const { baseModel, data } = pulled.adapter;
  context.note(`${repo}, commit ${pulled.commit}: verified; trained on ${data.name} ${data.hash.slice(0, 12)}`);
  context.note(`it fits the base model ${baseModel.file}, sha256 ${baseModel.sha256}`);
  return { value: pulled, text: pulled.path };
}
