import type { ISignal } from '@lumino/signaling';
import type { JSONObject, PartialJSONObject, PartialJSONValue } from '@lumino/coreutils';

/** What the extension calls itself: command ids, CSS classes and widget ids begin with it. */
export const NAMESPACE = 'nbkatib';

/* The documents of the kernel, named as its contract names them. */

export interface IProblem {
  severity: 'error' | 'warning' | 'note';
  code: string;
  path: string;
  cell: number;
  cell_id?: string;
  line: number;
  column: number;
  text: string;
}

export interface IFeasibleSpace {
  min?: string;
  max?: string;
  step?: string;
  list?: string[];
  distribution?: string;
}

export type ParameterType = 'int' | 'double' | 'discrete' | 'categorical';

export interface IRange {
  name: string;
  parameterType: ParameterType;
  feasibleSpace: IFeasibleSpace;
}

export interface IInspectedParameter {
  name: string;
  type: string;
  value: string;
  cell: number;
  line: number;
  present: boolean;
  selected: boolean;
  origin: string;
  why: string;
  range: IRange | null;
}

export interface IInspectedCell {
  index: number;
  id: string;
  type: string;
  role: string;
  tagged: boolean;
  step: string;
  runs: boolean;
}

export interface IMetric {
  variable: string;
  name: string;
}

export interface IObjective {
  type: string;
  goal?: number;
  objectiveMetricName: string;
  additionalMetricNames?: string[];
}

export interface ISetting {
  name: string;
  value: string;
}

export interface IAlgorithmSpec {
  algorithmName: string;
  algorithmSettings?: ISetting[];
}

export interface IInspection {
  kind: string;
  kernel: string;
  language: string;
  cells: IInspectedCell[];
  parameters: IInspectedParameter[];
  metrics: IMetric[];
  objective: (IObjective & { origin: string }) | null;
  run: {
    algorithm: IAlgorithmSpec;
    parallelTrialCount?: number;
    maxTrialCount?: number;
    maxFailedTrialCount?: number;
    resolvedAlgorithm: string;
    origin: string;
  } | null;
  diagnostics: IProblem[];
}

export interface IValidation {
  problems: IProblem[];
  gridPoints: string | null;
  resolvedAlgorithm: string;
}

export interface IExperimentSpec {
  objective: IObjective;
  algorithm: IAlgorithmSpec;
  parallelTrialCount?: number;
  maxTrialCount?: number;
  maxFailedTrialCount?: number;
  parameters: IRange[];
}

export interface IPreview extends IValidation {
  yaml: string | null;
  experiment: { spec: IExperimentSpec } | null;
}

export interface IAlgorithmSetting {
  name: string;
  type: 'int' | 'number' | 'text' | 'bool' | 'choice';
  default?: string | number | boolean | null;
  minimum?: number;
  maximum?: number;
  choices?: string[];
  help: string;
}

export interface IAlgorithm {
  name: string;
  title: string;
  summary: string;
  engines: string[];
  settings: IAlgorithmSetting[];
  takes: string[];
}

export interface ICheck {
  name: string;
  status: 'ok' | 'warning' | 'missing';
  text: string;
  cure: string;
}

export interface ICluster {
  namespace?: string;
  url?: string;
  image?: string;
}

export interface IEnvironment {
  engines: { name: string; summary: string }[];
  kernels: { name: string; displayName: string; language: string }[];
  checks: ICheck[];
  state: string;
  cores: number;
  cluster: ICluster | null;
}

export interface IAssignment {
  name: string;
  value: string;
}

export interface IListItem {
  name: string;
  engine: string;
  state: string;
  notebook: string;
  startTime: string | null;
  completionTime: string | null;
  trials: number;
  trialsSucceeded: number;
  trialsFailed: number;
  trialsRunning: number;
  maxTrialCount: number | null;
  objective: { name: string; type: string; value: number | null } | null;
  best: { trial: string; assignments: IAssignment[] } | null;
  error?: string;
}

export interface IMetricObservation {
  name: string;
  min: string;
  max: string;
  latest: string;
}

export interface ITrial {
  name: string;
  index: number;
  state: string;
  assignments: IAssignment[];
  observation: { metrics?: IMetricObservation[] } | null;
  startTime: string | null;
  completionTime: string | null;
  seconds: number | null;
  reason: string;
  message: string;
  cell: number | null;
  step: string | null;
  folder: string;
  isolation: string;
  warnings: string[];
}

export interface ITrialError {
  cell: number | null;
  ename: string;
  evalue: string;
  traceback: string[];
}

export interface ITrialDetail extends ITrial {
  error: ITrialError | null;
  files: string[];
}

export interface IExperimentStatus {
  startTime?: string;
  completionTime?: string;
  currentOptimalTrial?: {
    bestTrialName: string;
    parameterAssignments: IAssignment[];
    observation: { metrics: IMetricObservation[] };
  };
  trials?: number;
  trialsSucceeded?: number;
  trialsFailed?: number;
}

export interface IShow {
  name: string;
  engine: string;
  state: string;
  reason: string;
  message: string;
  experiment: { spec: IExperimentSpec; status?: IExperimentStatus };
  trials: ITrial[];
  folder: string;
  seq: number;
  notebook: string;
  warnings: string[];
  resolvedAlgorithm?: string;
}

export interface IExperimentEvent {
  experiment: string;
  state: string;
  seq: number;
  status: IExperimentStatus;
  reason: string;
  message: string;
  warnings: string[];
  trials: ITrial[];
  removed: boolean;
}

export interface IChart {
  name: string;
  title: string;
  spec: JSONObject;
}

export interface IApplied {
  trial: string;
  changes: {
    name: string;
    from: string;
    to: string;
    cell: number;
    cellId: string;
    line: number;
  }[];
  cells: { cell: number; cellId: string; source: string }[];
  diff: string;
}

/** How trials run, as `metadata.nbkatib.options` keeps it and the kernel takes it. */
export interface IOptions {
  engine?: string;
  kernel?: string;
  timeout?: string;
  trialTimeout?: string;
  cellTimeout?: string;
  seed?: string;
  noIsolate?: boolean;
  snapshots?: boolean;
  keep?: boolean;
  reports?: boolean;
}

/** The live, unsaved document without its outputs. */
export interface ILive {
  notebook: string | null;
  document: {
    cells: {
      id: string;
      cell_type: string;
      source: string;
      metadata: PartialJSONObject;
    }[];
    metadata: PartialJSONObject;
    nbformat: number;
    nbformat_minor: number;
  };
}

/* What the parts of the extension give each other. */

export type BackendState = 'connecting' | 'ready' | 'missing' | 'old' | 'lost';

export interface IBackendStatus {
  state: BackendState;
  /** What happened, untranslated, for the one line that the interface shows. */
  detail: string;
  version: string;
}

/** The methods of the kernel: parameters and results. */
export interface IMethods {
  inspect: [ILive, IInspection];
  values: [
    { kernelId: string; names: string[] },
    {
      values: { [name: string]: { type: string; value: string } };
      missing: string[];
      skipped: 'busy' | 'dead' | null;
    }
  ];
  validate: [ILive & { options: IOptions }, IValidation];
  preview: [ILive & { options: IOptions }, IPreview];
  environment: [Record<string, never>, IEnvironment];
  algorithms: [Record<string, never>, IAlgorithm[]];
  run: [
    ILive & { options: IOptions; single?: boolean },
    { name: string; engine: string; problems: IProblem[] }
  ];
  stop: [{ experiment: string; now?: boolean }, Record<string, never>];
  resume: [{ experiment: string; maxTrials?: string }, Record<string, never>];
  delete: [{ experiment: string }, Record<string, never>];
  list: [Record<string, never>, { experiments: IListItem[] }];
  show: [{ experiment: string }, IShow];
  trial: [{ experiment: string; trial: string }, ITrialDetail];
  logs: [
    { experiment: string; trial: string; offset: number },
    { text: string; offset: number; size: number; complete: boolean }
  ];
  notebook: [
    { experiment: string; trial: string },
    { content: PartialJSONObject; name: string; partial: boolean }
  ];
  charts: [{ experiment: string }, { charts: IChart[] }];
  csv: [{ experiment: string }, { text: string }];
  yaml: [{ experiment: string }, { text: string }];
  apply: [ILive & { experiment: string; trial?: string }, IApplied];
  subscribe: [{ experiment: string }, IShow];
  unsubscribe: [{ experiment: string }, Record<string, never>];
}

/** The kernel `nbkatib`, whatever the way to it. */
export interface IBackend {
  readonly status: IBackendStatus;
  readonly experiments: readonly IListItem[];
  readonly statusChanged: ISignal<IBackend, IBackendStatus>;
  readonly experimentsChanged: ISignal<IBackend, IListItem[]>;
  readonly experimentChanged: ISignal<IBackend, IExperimentEvent>;
  /** An experiment has ended while this page was open. */
  readonly experimentEnded: ISignal<IBackend, IListItem>;
  /** Rejects with a BackendError. */
  request<M extends keyof IMethods>(method: M, params: IMethods[M][0]): Promise<IMethods[M][1]>;
  /** Tries again now what would be tried again in a while. */
  retry(): void;
}

/** What the kernel answered instead of a result. */
export class BackendError extends Error {
  constructor(
    message: string,
    readonly code: number,
    readonly data: { [key: string]: PartialJSONValue | undefined } = {}
  ) {
    super(message);
  }

  get problems(): IProblem[] {
    const problems = this.data.problems;
    return Array.isArray(problems) ? (problems as unknown as IProblem[]) : [];
  }
}
