/** Settings that came after a run was trained, as it was trained: what is there already stays. */
export const settingsOfBefore = `update runs set json = json_insert(json,
  '$.config.layers', 'all', '$.config.objective', 'next-token', '$.config.spikeFactor', 0, '$.config.validation', null,
  '$.config.cacheHidden', 'off', '$.config.cachePrecision', 'f32', '$.config.cacheLimit', 0, '$.config.cacheDirectory', '', '$.config.recompute', 'auto', '$.config.memoryLimit', null,
  '$.config.device', 'cpu', '$.config.precision', 'f32', '$.config.scaling', 'standard', '$.config.init', 'random', '$.config.variant', 'lora',
  '$.config.loraPlusRatio', 1, '$.config.mergedType', null);`;
