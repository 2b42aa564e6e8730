/**
 * What the thread does that DuckDB runs in: statements one after the other, each answered by a message. The thread is handed its code as text, so that
 * it is the same file from src/ as from dist/. DuckDB works in threads of its own, so this one can beat meanwhile: who waits then knows that it lives.
 *
 * workerData  node-api: path of the package; settings of DuckDB; port; state: two numbers, answers so far and beats
 */
export const THREAD = `
const { workerData: { api, settings, port, state } } = require('node:worker_threads');

const answer = (told) => {
  port.postMessage(told);
  Atomics.add(state, 0, 1);
  Atomics.notify(state, 0);
};
const load = () => {
  try {
    return require(api);
  } catch (error) {
    throw Object.assign(error, { isMissing: true });
  }
};
const beat = setInterval(() => Atomics.add(state, 1, 1), 1000);
const opened = (async () => {
  const { DuckDBInstance } = load();
  const instance = await DuckDBInstance.create(':memory:', settings);
  const connection = await instance.connect();
  await connection.run("set TimeZone = 'UTC'");
  return { instance, connection };
})();
opened.catch(() => undefined); // told with the first statement

const statement = async (sql) => {
  const { connection } = await opened;
  return (await connection.runAndReadAll(sql)).getRowObjectsJson();
};
const close = async () => {
  const { instance, connection } = await opened;
  connection.closeSync();
  instance.closeSync();
};
let last = Promise.resolve();
const tell = (error) => answer({ error: String(error.message), isMissing: error.isMissing === true });
let isEnding = false;
port.on('message', ({ sql, end }) => {
  if (!end) {
    last = last.then(() => (isEnding ? [] : statement(sql))).then((rows) => answer({ rows }), tell);
    return;
  }
  isEnding = true;
  // Again and again: a statement that has not quite begun hears nothing.
  const interrupting = setInterval(() => opened.then(({ connection }) => connection.interrupt(), () => undefined), 20);
  last.then(close).catch(() => undefined).then(() => {
    clearInterval(interrupting);
    clearInterval(beat);
    answer({});
    port.close(); // with nothing to do any more the thread ends by itself: to be ended inside DuckDB's code would end the process
  });
});
`;
