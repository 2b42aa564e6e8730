import { z } from 'zod';
import { ExitCode } from '../../core/errors.js';
import { installPlugin, PLUGIN_DEVICES } from '../../platform/device-plugins.js';
import { buildNative } from '../../platform/native-build.js';
import { command } from '../command.js';

export default command({
  name: 'build-native',
  summary: 'compile the native trainer against the pinned llama.cpp release',
  positionals: z.strictObject({}),
  options: z.strictObject({
    test: z.boolean().default(false).describe('build its tests too, and run them'),
    device: z.enum(PLUGIN_DEVICES).optional().describe('fetch the prebuilt plug-in for this device, too'),
  }),
  async run(_positionals, { test, device }, context) {
    if (device !== undefined) await installPlugin(device, (line) => context.note(line));
    const build = await buildNative({ test, onLine: (line) => context.note(line) });
    if (!build.tests) return { value: build, text: build.binary };
    const { passed, failed, skipped } = build.tests;
    const exitCode = failed > 0 ? ExitCode.bug : ExitCode.done;
    return { value: build, text: `${passed} passed, ${failed} failed, ${skipped} skipped`, exitCode };
  },
});
