/** A setting that two recipes have with different values; undefined: the recipe does not have it. */
export interface SettingChange {
  readonly setting: string; // "examples.history", "mix[0].weight"
  readonly before: unknown;
  readonly after: unknown;
}

/** The settings in which two values of JSON differ, by path, in the order of the first and then of what only the second has. */
export function settingDiff(before: unknown, after: unknown, path = ''): SettingChange[] {
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, i) => settingDiff(before[i], after[i], `${path}[${i}]`)).flat();
  }
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => settingDiff(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ setting: path, before, after }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
