import { z } from 'zod';
import { packageVersion } from '../../platform/package-version.js';
import { adapterOf, doneRun } from '../../trainers/run-files.js';
import { findVersion } from '../../trainers/sealed-split.js';
import { command, named } from '../command.js';
import { hubFlags, hubOf, needToken } from '../hub-flags.js';

export default command({
  name: 'push',
  summary: 'lay a dataset version or an adapter into a repository of a hub, with a card; private unless --public',
  positionals: z.strictObject({
    kind: z.enum(['dataset', 'adapter']).describe('what to lay there'),
    name: z.string().describe('name or hash of a dataset version, or a run'),
    repo: z.string().describe('repository, like org/name; made when needed'),
  }),
  options: z.strictObject({
    public: z.boolean().default(false).describe('everybody may read it'),
    revision: named('B', 'branch to commit to; made when needed').default('main'),
    message: named('TEXT', 'of the commit').optional(),
    iMayRedistribute: z
      .boolean()
      .default(false)
      .describe("the log's terms were read, and allow that its content is passed on"),
    ...hubFlags,
  }),
  examples: ['rectune push dataset tiny org/tiny --public', 'rectune push adapter tiny-1a2b3c4d org/tiny-adapter'],
  async run({ kind, name, repo }, options, context) {
    needToken(options, context);
    const store = context.openStore('existing');
    const request = {
      studio: context.studio,
      repo,
      branch: options.revision,
      isPublic: options.public,
      message: options.message,
      program: packageVersion(),
      onProgress: context.progress.transfer(),
    };
    const pushed = await context.stoppable(async (signal) => {
      const hub = hubOf(options, context, signal);
      if (kind === 'dataset') {
        const { pushDataset } = await import('../../sharing/push-dataset.js');
        const version = findVersion(store, name);
        return pushDataset(store, hub, version, { ...request, mayRedistribute: options.iMayRedistribute });
      }
      const { pushAdapter } = await import('../../sharing/push-adapter.js');
      const run = await doneRun(store, context.studio, name);
      return pushAdapter(store, hub, run, { ...request, path: await adapterOf(context.studio, run) });
    });
    const text = `${kind} ${name} is in ${repo}, commit ${pushed.commit}: ${pushed.files.join(', ')}`;
    return { value: { kind, ...pushed }, text };
  },
});
