import { z } from 'zod';
import { command } from '../command.js';
import { examine } from '../doctor.js';

export default command({
  name: 'doctor',
  summary: 'what this machine offers: versions, tools, the native trainer, threads',
  positionals: z.strictObject({}),
  options: z.strictObject({}),
  async run() {
    const findings = await examine();
    const width = Math.max(...findings.map(({ name }) => name.length));
    const lines = findings.map(({ name, value, fix }) => `${name.padEnd(width)}  ${value}${fix ? `  (${fix})` : ''}`);
    return { value: Object.fromEntries(findings.map(({ name, value }) => [name, value])), text: lines.join('\n') };
  },
});
