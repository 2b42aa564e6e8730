import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RectuneError } from '../../src/core/errors.js';
import { parseAs } from '../../src/core/parse.js';

const Spec = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z]+$/, 'an id is small letters')
    .optional(),
  header: z.boolean().default(true),
  count: z.number().int().positive().optional(),
  share: z.number().min(0).max(1).optional(),
  title: z.string().min(1).optional(),
  names: z.array(z.string()).min(1).optional(),
  column: z.union([z.string().min(1), z.number().int().nonnegative()]).optional(),
  page: z.url().optional(),
  inner: z.strictObject({ deep: z.boolean() }).optional(),
  attributes: z.record(z.string().regex(/^[a-z]+$/, 'a name is small letters'), z.string()).optional(),
});

function errorOf(value: unknown): RectuneError {
  try {
    parseAs(Spec, value, 'spec.yaml');
  } catch (error) {
    if (error instanceof RectuneError) return error;
    throw error;
  }
  throw new Error('the value was taken');
}

describe('a value that does not fit', () => {
  it.each([
    {
      value: { header: 'no' },
      what: '"no" is not true or false',
      fix: 'write false, without quotes: "no" is read as text',
    },
    {
      value: { header: 'Yes' },
      what: '"Yes" is not true or false',
      fix: 'write true, without quotes: "Yes" is read as text',
    },
    { value: { header: 'maybe' }, what: '"maybe" is not true or false', fix: 'write true or false' },
    { value: { header: null }, what: '"header" has no value', fix: 'write true or false' },
    { value: { count: 'ten' }, what: '"ten" is not a number', fix: 'write a number' },
    { value: { count: 1.5 }, what: '1.5 is not a whole number', fix: 'write a whole number' },
    { value: { count: 0 }, what: '0 is not a number above 0', fix: 'write a number above 0' },
    { value: { share: 2 }, what: '2 is not a number of at most 1', fix: 'write a number of at most 1' },
    { value: { share: -1 }, what: '-1 is not a number of at least 0', fix: 'write a number of at least 0' },
    { value: { title: '' }, what: '"" is not text of at least 1 character', fix: 'write text of at least 1 character' },
    { value: { title: 7 }, what: '7 is not text', fix: 'write text' },
    { value: { names: [] }, what: '[] is not a list of at least 1 part', fix: 'write a list of at least 1 part' },
    { value: { names: 'a' }, what: '"a" is not a list', fix: 'write a list' },
    { value: { column: true }, what: 'true is not text or a number', fix: 'write text or a number' },
    { value: { page: 'x' }, what: '"x" is not a web address, such as https://example.org', fix: 'write a web address' },
    { value: { inner: 'x' }, what: '"x" is not a group of keys and values', fix: 'write a group of keys and values' },
    { value: { id: 'My Log' }, what: '"My Log" does not fit: an id is small letters', fix: 'change the value' },
    {
      value: { attributes: { 'A-1': 'x' } },
      what: 'the name "A-1" does not fit: a name is small letters',
      fix: 'change the name',
    },
  ])('is told with the value and what to write: $what', ({ value, what, fix }) => {
    const error = errorOf(value);
    expect(error.message).toBe(what);
    expect(error.fix).toContain(fix);
    expect(error.where).toMatch(/^spec\.yaml: [a-z]/);
  });

  it('is shortened when it is long', () => {
    expect(errorOf({ header: 'x'.repeat(500) }).message.length).toBeLessThan(100);
  });

  it('is an empty file when there is nothing at all', () => {
    expect(errorOf(null)).toMatchObject({
      message: 'the file is empty',
      where: 'spec.yaml',
      fix: expect.stringContaining('write its keys: id, header, count'),
    });
  });
});
