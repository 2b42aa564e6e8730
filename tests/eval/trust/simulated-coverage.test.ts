import { expect, it } from 'vitest';
import { simulatedCoverage } from '../../../src/eval/trust/simulated-coverage.js';

it.each([
  { users: 4, said: 'With 4 users nobody has measured' },
  { users: 20, said: 'of 30 users 93.8 to 98.0 %' },
  { users: 60, said: 'of 50 users 92.0 to 99.8 %' },
  { users: 110, said: 'of 100 users 95.5 to 97.5 %' },
  { users: 5000, said: 'of 400 users 94.5 to 97.5 %' },
])('of $users users it is told: $said', ({ users, said }) => {
  expect(simulatedCoverage(users)).toContain(said);
});
