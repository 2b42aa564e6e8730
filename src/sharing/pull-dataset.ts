import { DatasetVersion, versionIdentity } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { DatasetPackage, InstructionDetail, joined, type Origin, PACKAGE_FILE } from '../core/hub-package.js';
import { type Instruction, InstructionLine, SPLITS, type Split } from '../core/instruction.js';
import { parseAs } from '../core/parse.js';
import { exists, readChunks, readJson, sha256, sha256File, writeSealedFolder } from '../platform/files.js';
import type { Hub } from '../platform/hub.js';
import { jsonLines } from '../platform/json-lines.js';
import type { BytePlace } from '../platform/staged-folder.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { type PullOptions, pullFiles } from './pull-file.js';
import { detailFile } from './push-dataset.js';

export type PulledVersion = DatasetVersion & { readonly commit: string; readonly unchanged: boolean };

const FIX = 'take another revision, or ask the one who pushed it';
const REQUIRED = [studioLayout.manifestFile, ...SPLITS.map(studioLayout.splitFile), ...SPLITS.map(detailFile)];

/**
 * Brings a dataset version from a hub into the studio. Everything is verified first: each file's hash, that manifest and files give the
 * version's hash, each row, the counts; then it is sealed and kept as a build would.
 *
 * throws  RectuneError: data with the file (and line) that does not verify, and nothing is kept in the studio then; else as pullFiles
 */
export async function pullDataset(
  store: Store,
  hub: Hub,
  name: string,
  { studio, now, ...options }: PullOptions & { studio: string; now: () => Date },
): Promise<PulledVersion> {
  const repo = { type: 'dataset', name } as const;
  const { commit, paths: first } = await pullFiles(hub, repo, [PACKAGE_FILE], options);
  const where = (file: string) => `dataset ${name}, commit ${commit}: ${file}`;
  const described = parseAs(DatasetPackage, readJson(first[PACKAGE_FILE] as string), where(PACKAGE_FILE), 'data');
  for (const file of REQUIRED) {
    if (described.files[file] === undefined) throw wrong(`it does not list ${file}`, where(PACKAGE_FILE));
  }
  const { paths } = await pullFiles(hub, repo, REQUIRED, { ...options, revision: commit });
  for (const file of REQUIRED) {
    const hash = await sha256File(paths[file] as string);
    if (hash !== described.files[file]) {
      throw wrong(`its sha256 is ${hash}, and ${PACKAGE_FILE} says ${described.files[file]}`, where(file));
    }
  }
  const version = verifiedManifest(described, paths[studioLayout.manifestFile] as string, where);
  const pathsOf = (split: Split): [string, string] => [
    paths[studioLayout.splitFile(split)] as string,
    paths[detailFile(split)] as string,
  ];
  for (const split of SPLITS) checkCounts(version, split, instructions(split, pathsOf(split), where), where);
  const folder = studioLayout.version(studio, version.hash);
  const unchanged = exists(folder) && store.versions.find(version.hash) !== undefined;
  const origin: Origin = { repo: name, commit, source: described.source };
  writeSealedFolder(folder, {
    [studioLayout.manifestFile]: text(paths[studioLayout.manifestFile] as string),
    ...Object.fromEntries(SPLITS.map((split) => [studioLayout.splitFile(split), text(pathsOf(split)[0])])),
    [studioLayout.originFile]: `${JSON.stringify(origin, null, 2)}\n`,
  });
  const places = new WeakMap<Instruction, BytePlace>();
  store.versions.save(version, allInstructions(pathsOf, where, places), now(), (one) => places.get(one) as BytePlace);
  return { ...version, commit, unchanged };
}

function verifiedManifest(described: DatasetPackage, path: string, where: (file: string) => string): DatasetVersion {
  const place = where(studioLayout.manifestFile);
  const raw = readJson(path);
  const version = parseAs(DatasetVersion, raw, place, 'data');
  if (version.hash !== described.version) {
    throw wrong(`it is of version ${version.hash}, and ${PACKAGE_FILE} of ${described.version}`, place);
  }
  for (const split of SPLITS) {
    const file = studioLayout.splitFile(split);
    if (version.files[split] === described.files[file]) continue;
    throw wrong(
      `it gives ${file} the sha256 ${version.files[split]}, and the file has ${described.files[file]}`,
      place,
    );
  }
  const hash = sha256(versionIdentity(raw as DatasetVersion));
  if (hash !== version.hash)
    throw wrong(`recipe, source, templates and files give the hash ${hash}, not ${version.hash}`, place);
  return version;
}

/** The rows of a split, each from its line in two files. places: takes where the first of these lines stands, the one that is sealed. */
function* instructions(
  split: Split,
  [linesPath, detailsPath]: readonly [string, string],
  where: (file: string) => string,
  places?: WeakMap<Instruction, BytePlace>,
): Generator<Instruction, void> {
  const details = jsonLines(detailsPath);
  const [lineFile, detailsFile] = [studioLayout.splitFile(split), detailFile(split)];
  let row = 0;
  for (const { line, value, place } of jsonLines(linesPath)) {
    const sealed = parseAs(InstructionLine, value, where(`${lineFile}:${line}`), 'data');
    const next = details.next();
    if (next.done) throw wrong(`it ends before row ${row}`, where(detailsFile));
    const detail = parseAs(InstructionDetail, next.value.value, where(`${detailsFile}:${next.value.line}`), 'data');
    if (sealed.row !== row)
      throw wrong(`row ${sealed.row} stands where row ${row} belongs`, where(`${lineFile}:${line}`));
    if (detail.row !== row) {
      throw wrong(`row ${detail.row} stands where row ${row} belongs`, where(`${detailsFile}:${next.value.line}`));
    }
    row += 1;
    const instruction = joined(split, sealed, detail);
    places?.set(instruction, place);
    yield instruction;
  }
  if (!details.next().done) throw wrong(`it goes on after row ${row - 1}, the last of ${lineFile}`, where(detailsFile));
}

function* allInstructions(
  pathsOf: (split: Split) => [string, string],
  where: (file: string) => string,
  places: WeakMap<Instruction, BytePlace>,
): Generator<Instruction, void> {
  for (const split of SPLITS) yield* instructions(split, pathsOf(split), where, places);
}

function checkCounts(
  { counts, templates }: DatasetVersion,
  split: Split,
  rows: Iterable<Instruction>,
  where: (file: string) => string,
): void {
  const users = new Set<string>();
  const known = new Set(templates.map(({ id, version }) => `${id} ${version}`));
  let [count, liked] = [0, 0];
  for (const { row, userId, label, templateId, templateVersion } of rows) {
    count += 1;
    users.add(userId);
    if (label) liked += 1;
    if (!known.has(`${templateId} ${templateVersion}`)) {
      throw wrong(
        `row ${row} is of template ${templateId} ${templateVersion}, which the manifest does not name`,
        where(detailFile(split)),
      );
    }
  }
  const found = { rows: count, users: users.size, liked };
  const told = { rows: counts[split], users: counts.users[split], liked: counts.liked[split] };
  for (const key of ['rows', 'users', 'liked'] as const) {
    if (found[key] === told[key]) continue;
    throw wrong(
      `it has ${found[key]} ${key}, and the manifest says ${told[key]}`,
      where(studioLayout.splitFile(split)),
    );
  }
}

/** The text of a file that was read as UTF-8 before, in pieces. */
function* text(path: string): Generator<string, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for (const chunk of readChunks(path)) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

function wrong(what: string, where: string): RectuneError {
  return new RectuneError('data', `the dataset does not verify: ${what}`, where, FIX);
}
