/** A run's adapter lies in the run's folder: a stored path would be wrong as soon as the studio is moved or copied. */
export const noAdapterPath = `update runs set json = json_remove(json, '$.adapterPath');`;
