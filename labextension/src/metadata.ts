/*
 * What a notebook stores, pure: `metadata.kubeflow_notebook` in Kale's own schema and, where that has no place,
 * `metadata.nbkatib`. Members that are not ours stay as they are.
 */
import { JSONExt } from '@lumino/coreutils';
import type { PartialJSONObject, PartialJSONValue } from '@lumino/coreutils';
import type {
  IExperimentSpec,
  IInspectedParameter,
  IInspection,
  IOptions,
  IRange,
  ISetting
} from './tokens';

export const KALE = 'kubeflow_notebook';
export const OWN = 'nbkatib';
const OWN_VERSION = 1;

/** One row of the search space. The numbers are texts, as the user typed them. */
export interface IParameterRow {
  name: string;
  /** The literal's: int, float, str, bool or expression; empty when the notebook no longer has it. */
  type: string;
  value: string;
  present: boolean;
  selected: boolean;
  origin: string;
  why: string;
  range: IRange | null;
}

/** What the dialog edits: one plain object. */
export interface IJob {
  parameters: IParameterRow[];
  algorithm: string;
  /** Of every algorithm that has been chosen in this notebook. */
  settings: ISetting[];
  metric: string;
  type: 'minimize' | 'maximize';
  goal: string;
  additional: string[];
  parallelTrialCount: string;
  maxTrialCount: string;
  maxFailedTrialCount: string;
  engine: string;
}

export interface IVolume {
  type: string;
  name: string;
  mount_point: string;
  size?: number | string;
  size_type?: string;
  annotations: { key: string; value: string }[];
  snapshot?: boolean;
  snapshot_name?: string;
}

export interface IStored {
  kale: PartialJSONObject;
  own: PartialJSONObject;
}

/** The options that the kernel knows; a newer program may have stored others. */
const TEXTS = ['engine', 'kernel', 'timeout', 'trialTimeout', 'cellTimeout', 'seed'];
const FLAGS = ['noIsolate', 'snapshots', 'keep', 'reports'];

export const DEFAULTS = {
  parallelTrialCount: 3,
  maxTrialCount: 12,
  maxFailedTrialCount: 3
};

function object(value: PartialJSONValue | undefined): PartialJSONObject {
  return value && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

function list(value: PartialJSONValue | undefined): PartialJSONValue[] {
  return Array.isArray(value) ? (value as PartialJSONValue[]) : [];
}

function text(value: PartialJSONValue | undefined): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
}

export function stored(metadata: PartialJSONObject): IStored {
  return { kale: object(metadata[KALE]), own: object(metadata[OWN]) };
}

export function isEnabled(metadata: PartialJSONObject): boolean {
  return stored(metadata).kale.katib_run === true;
}

export function optionsOf(metadata: PartialJSONObject): IOptions {
  return object(stored(metadata).own.options) as IOptions;
}

export function engineOf(metadata: PartialJSONObject): string {
  return text(stored(metadata).own.engine);
}

export function volumesOf(metadata: PartialJSONObject): IVolume[] {
  return list(stored(metadata).kale.volumes).map(value => {
    const volume = object(value);
    return {
      ...volume,
      type: text(volume.type),
      name: text(volume.name),
      mount_point: text(volume.mount_point),
      annotations: list(volume.annotations).map(object) as unknown as IVolume['annotations']
    } as IVolume;
  });
}

function settingsOf(algorithm: PartialJSONObject): ISetting[] {
  return list(algorithm.algorithmSettings)
    .map(object)
    .map(({ name, value }) => ({ name: text(name), value: text(value) }));
}

/** What says how to tune: as long as it is the same, nobody else has set up the job. */
export function jobPart(metadata: PartialJSONObject): PartialJSONObject {
  const { kale, own } = stored(metadata);
  const { parameters, maxTrialCount, engine } = own;
  return { katib: kale.katib_metadata, parameters, maxTrialCount, engine };
}

/** The metadata without what says how to tune: the kernel then derives everything anew. */
export function withoutJob(metadata: PartialJSONObject): PartialJSONObject {
  const { kale, own } = stored(metadata);
  const bareKale = { ...kale };
  const bareOwn = { ...own };
  delete bareKale.katib_metadata;
  delete bareOwn.parameters;
  delete bareOwn.maxTrialCount;
  return { ...metadata, [KALE]: bareKale, [OWN]: bareOwn };
}

function rowOf(parameter: IInspectedParameter): IParameterRow {
  const { name, type, value, present, selected, origin, why, range } = parameter;
  return { name, type, value, present, selected, origin, why, range };
}

function countOf(value: number | undefined | null, otherwise: number): string {
  return value === null ? '' : String(value ?? otherwise);
}

/** The form, from what the kernel read in the live document and what the document stores. */
export function readJob(inspection: IInspection, metadata: PartialJSONObject): IJob {
  const { kale, own } = stored(metadata);
  const katib = object(kale.katib_metadata);
  const { objective, run } = inspection;
  const open = 'maxTrialCount' in own && own.maxTrialCount === null;
  return {
    parameters: inspection.parameters.map(rowOf),
    algorithm: run?.algorithm.algorithmName ?? 'auto',
    settings: settingsOf(object(katib.algorithm)),
    metric: objective?.objectiveMetricName ?? '',
    type: objective?.type === 'minimize' ? 'minimize' : 'maximize',
    goal: objective?.goal === undefined ? '' : String(objective.goal),
    additional: objective?.additionalMetricNames ?? [],
    parallelTrialCount: countOf(run?.parallelTrialCount, DEFAULTS.parallelTrialCount),
    maxTrialCount: open ? '' : countOf(run?.maxTrialCount, DEFAULTS.maxTrialCount),
    maxFailedTrialCount: countOf(run?.maxFailedTrialCount, DEFAULTS.maxFailedTrialCount),
    engine: engineOf(metadata) || 'local'
  };
}

/** The form of an experiment that has been run, on top of what its notebook says now. */
export function jobFromSpec(job: IJob, spec: IExperimentSpec): IJob {
  const { objective, algorithm } = spec;
  const tuned = new Map(spec.parameters.map(range => [range.name, range]));
  return {
    ...job,
    parameters: job.parameters.map(row => {
      const range = tuned.get(row.name);
      return range
        ? {
            ...row,
            selected: true,
            range,
            origin: 'experiment',
            why: ''
          }
        : { ...row, selected: false };
    }),
    algorithm: algorithm.algorithmName,
    settings: algorithm.algorithmSettings ?? job.settings,
    metric: objective.objectiveMetricName,
    type: objective.type === 'minimize' ? 'minimize' : 'maximize',
    goal: objective.goal === undefined ? '' : String(objective.goal),
    additional: objective.additionalMetricNames ?? [],
    parallelTrialCount: countOf(spec.parallelTrialCount, DEFAULTS.parallelTrialCount),
    maxTrialCount: countOf(spec.maxTrialCount ?? null, DEFAULTS.maxTrialCount),
    maxFailedTrialCount: countOf(spec.maxFailedTrialCount, DEFAULTS.maxFailedTrialCount)
  };
}

/** Kale's form of a range: texts; no `distribution` but the one that says something. */
function storedRange(range: IRange, before: PartialJSONObject): PartialJSONObject {
  const { min, max, step, list: values, distribution } = range.feasibleSpace;
  const space: PartialJSONObject = {};
  if (values) {
    space.list = values;
  } else {
    Object.assign(space, { min: min ?? '', max: max ?? '' }, step ? { step } : {});
  }
  if (distribution && distribution !== 'uniform') {
    space.distribution = distribution;
  }
  return {
    ...before,
    name: range.name,
    parameterType: range.parameterType,
    feasibleSpace: space
  };
}

/** The same range, whether its numbers are kept as numbers or as texts. */
function sameRange(left: PartialJSONObject, right: PartialJSONObject): boolean {
  const plain = (parameter: PartialJSONObject) => {
    const space = object(parameter.feasibleSpace);
    const texts = ['min', 'max', 'step'].map(key => text(space[key]));
    const distribution = text(space.distribution);
    const shape = [text(parameter.name), text(parameter.parameterType).replace('float', 'double')];
    return [
      ...shape,
      ...texts,
      distribution === 'uniform' ? '' : distribution,
      list(space.list).map(text)
    ];
  };
  return JSONExt.deepEqual(plain(left) as never, plain(right) as never);
}

/** The stored parameters by name. As in the kernel the first of a name counts, and what has no name is not read. */
function named(stored: PartialJSONValue[]): Map<string, PartialJSONObject> {
  const known = new Map<string, PartialJSONObject>();
  for (const parameter of stored.map(object)) {
    const name = text(parameter.name);
    if (name && !known.has(name)) {
      known.set(name, parameter);
    }
  }
  return known;
}

/** Stored order first, then the notebook's: what did not change does not move, and what nobody could read stays. */
function keepOrSet(rows: IParameterRow[], before: PartialJSONValue[]): PartialJSONValue[] {
  const known = named(before);
  const wanted = new Map<string, PartialJSONObject>();
  for (const row of rows.filter(each => each.range !== null)) {
    const old = known.get(row.name);
    const now = storedRange(row.range as IRange, old ?? {});
    wanted.set(row.name, old && sameRange(old, now) ? old : now);
  }
  const kept = before.flatMap(value => {
    const name = text(object(value).name);
    const now = wanted.get(name);
    return known.get(name) !== value ? [value] : now ? [now] : [];
  });
  const fresh = [...wanted].filter(([name]) => !known.has(name)).map(([, now]) => now);
  return [...kept, ...fresh];
}

function numberOr(value: string): PartialJSONValue {
  return /^-?\d+$/.test(value.trim()) ? Number(value) : value;
}

/** "0.9" as the number 0.9; what is no number stays a text, and the kernel says so. */
function goalOf(value: string): PartialJSONValue {
  const number = Number(value);
  return Number.isFinite(number) ? number : value;
}

function storedObjective(job: IJob, before: PartialJSONObject): PartialJSONObject {
  const objective: PartialJSONObject = {
    ...before,
    type: job.type,
    objectiveMetricName: job.metric,
    additionalMetricNames: job.additional
  };
  if (job.goal.trim() === '') {
    delete objective.goal;
  } else {
    objective.goal = goalOf(job.goal);
  }
  return objective;
}

function storedAlgorithm(job: IJob, before: PartialJSONObject): PartialJSONObject {
  const settings = job.settings.map(({ name, value }) => ({ name, value }));
  const kept = JSONExt.deepEqual(settings as never, settingsOf(before) as never);
  const algorithmSettings = kept ? before.algorithmSettings : settings;
  return {
    ...before,
    algorithmName: job.algorithm,
    ...(algorithmSettings === undefined ? {} : { algorithmSettings })
  };
}

/** The metadata with the form in it, and nothing else changed. */
export function writeJob(metadata: PartialJSONObject, job: IJob): PartialJSONObject {
  const { kale, own } = stored(metadata);
  const katib = object(kale.katib_metadata);
  const chosen = job.parameters.filter(row => row.selected || !row.present);
  const others = job.parameters.filter(row => row.present && !row.selected);
  const nextKatib: PartialJSONObject = {
    ...katib,
    parameters: keepOrSet(chosen, list(katib.parameters)),
    objective: storedObjective(job, object(katib.objective)),
    algorithm: storedAlgorithm(job, object(katib.algorithm)),
    maxFailedTrialCount: numberOr(job.maxFailedTrialCount),
    parallelTrialCount: numberOr(job.parallelTrialCount)
  };
  const nextOwn: PartialJSONObject = { version: OWN_VERSION, ...own };
  delete nextOwn.maxTrialCount;
  if (job.maxTrialCount.trim() === '') {
    nextOwn.maxTrialCount = null;
    nextKatib.maxTrialCount = katib.maxTrialCount ?? DEFAULTS.maxTrialCount;
  } else {
    nextKatib.maxTrialCount = numberOr(job.maxTrialCount);
  }
  delete nextOwn.engine;
  if (job.engine && job.engine !== 'local') {
    nextOwn.engine = job.engine;
  }
  delete nextOwn.parameters;
  const changed = others.filter(row => row.origin === 'typed' || row.origin === 'stored');
  if (changed.length > 0) {
    nextOwn.parameters = keepOrSet(changed, list(own.parameters));
  }
  const next = { ...metadata, [KALE]: { ...kale, katib_metadata: nextKatib } };
  // What a newer program keeps there is its own.
  return (own.version ?? OWN_VERSION) === OWN_VERSION ? tidy(next, nextOwn) : next;
}

/** Our own part of the metadata, left out when it says nothing. */
function tidy(metadata: PartialJSONObject, own: PartialJSONObject): PartialJSONObject {
  const next: PartialJSONObject = {
    ...metadata,
    [OWN]: { version: OWN_VERSION, ...own }
  };
  if (Object.keys(own).every(key => key === 'version')) {
    delete next[OWN];
  }
  return next;
}

/** One member of Kale's settings; undefined removes it. */
export function withKale(
  metadata: PartialJSONObject,
  key: string,
  value: PartialJSONValue | undefined
): PartialJSONObject {
  const kale = { ...stored(metadata).kale, [key]: value };
  if (value === undefined) {
    delete kale[key];
  }
  return { ...metadata, [KALE]: kale };
}

/** One option of how trials run; false and "" are what is absent. */
export function withOption(
  metadata: PartialJSONObject,
  key: keyof IOptions,
  value: string | boolean
): PartialJSONObject {
  const { own } = stored(metadata);
  const options: PartialJSONObject = { ...object(own.options), [key]: value };
  if (value === '' || value === false) {
    delete options[key];
  }
  const next: PartialJSONObject = { ...own, options };
  if (Object.keys(options).length === 0) {
    delete next.options;
  }
  return tidy(metadata, next);
}

/** Kale's switch for snapshots is the one that counts; an option of ours may stand in an older file. */
export function takesSnapshots(metadata: PartialJSONObject): boolean {
  return stored(metadata).kale.autosnapshot === true || optionsOf(metadata).snapshots === true;
}

export function withSnapshots(metadata: PartialJSONObject, on: boolean): PartialJSONObject {
  return withOption(withKale(metadata, 'autosnapshot', on), 'snapshots', false);
}

/** The options of a run, with the engine that the notebook names. */
export function runOptions(metadata: PartialJSONObject): IOptions {
  const engine = engineOf(metadata);
  const options: PartialJSONObject = engine ? { engine } : {};
  for (const [key, value] of Object.entries(optionsOf(metadata) as PartialJSONObject)) {
    if (TEXTS.includes(key) && typeof value === 'string') {
      options[key] = value;
    } else if (FLAGS.includes(key) && typeof value === 'boolean') {
      options[key] = value;
    }
  }
  if (takesSnapshots(metadata)) {
    options.snapshots = true;
  }
  return options as IOptions;
}

/** What a problem's path speaks of in the form: a row, a member of its range, and of a list the item, else -1. */
export interface IParameterPlace {
  name: string;
  member: string;
  item: number;
}

/** Which row a problem's path speaks of: `spec.parameters` are the selected ones in their order. */
export function parameterAt(job: IJob, path: string): IParameterPlace | null {
  const match = /^spec\.parameters\[(\d+)\]\.?(.*?)(?:\[(\d+)\])?$/.exec(path);
  const rows = job.parameters.filter(row => row.selected && row.present && row.range);
  const row = match ? rows[Number(match[1])] : undefined;
  return match && row
    ? {
        name: row.name,
        member: match[2].replace('feasibleSpace.', ''),
        item: Number(match[3] ?? -1)
      }
    : null;
}

/** Settings that the chosen algorithm has none of: kept in the file, not sent. */
export function foreignSettings(job: IJob, names: readonly string[]): ISetting[] {
  return job.settings.filter(setting => !names.includes(setting.name));
}
