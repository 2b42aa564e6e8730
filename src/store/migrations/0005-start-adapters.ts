/** Of runs of before nobody knows which run made the adapter that they began from; its name stays in their settings. */
export const startAdapters = `update runs set json = json_insert(json, '$.startAdapter', null);`;
