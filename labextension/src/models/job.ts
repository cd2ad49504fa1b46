import { Debouncer } from '@lumino/polling';
import type { PartialJSONObject } from '@lumino/coreutils';
import { JSONExt } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import {
  jobFromSpec,
  jobPart,
  parameterAt,
  readJob,
  runOptions,
  withoutJob,
  writeJob
} from '../metadata';
import type { IJob, IParameterRow } from '../metadata';
import { readTags } from '../tags';
import type { ICell, Role } from '../tags';
import type {
  IAlgorithm,
  IBackend,
  IExperimentSpec,
  IFeasibleSpace,
  IInspectedCell,
  IInspectedParameter,
  IInspection,
  ILive,
  IMetric,
  IPreview,
  IProblem,
  IRange,
  ISetting,
  IValidation,
  ParameterType
} from '../tokens';

const VALIDATE_MS = 300;
const COUNTS = ['parallelTrialCount', 'maxTrialCount', 'maxFailedTrialCount'] as const;

/** What a Set Up Katib Job dialog needs of a notebook. */
export interface IJobDocument {
  readonly path: string;
  /** The kernel that runs the notebook now, or null. */
  readonly kernelId: string | null;
  readonly metadata: PartialJSONObject;
  readonly cells: ICell[];
  /** The cell that is selected, or null. */
  readonly activeCell: string | null;
  readonly isDisposed: boolean;
  readonly changed: ISignal<unknown, void>;
  readonly disposed: ISignal<unknown, void>;
  sourceOf(id: string): string;
  setRole(id: string, role: Role | null): void;
  live(): ILive;
  setMetadata(next: PartialJSONObject): void;
}

export type JobState = 'loading' | 'ready' | 'failed';

/** The state of the dialog: the form, what the kernel says of it, and where both go. */
export class JobModel implements IDisposable {
  constructor(
    private readonly backend: IBackend,
    readonly document: IJobDocument,
    private readonly spec: IExperimentSpec | null = null
  ) {
    this.debouncer = new Debouncer(() => this.validate(), VALIDATE_MS);
    backend.statusChanged.connect(this.onBackend, this);
    document.changed.connect(this.onDocument, this);
  }

  readonly changed: Signal<this, void> = new Signal<this, void>(this);

  state: JobState = 'loading';
  failure = '';
  algorithms: IAlgorithm[] = [];
  engines: { name: string; summary: string }[] = [];
  metrics: IMetric[] = [];
  /** What of the stored job could not be read, and is replaced when the form is saved. */
  ignored: IProblem[] = [];
  /** Somebody else has set up the job since it was read. */
  changedElsewhere = false;
  /** What the kernel says of the form; null until it has said anything. */
  validation: IValidation | null = null;
  preview: IPreview | null = null;
  values: { [name: string]: { type: string; value: string } } = {};
  busy = false;

  get job(): IJob {
    return this._job;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    if (this._disposed) {
      return;
    }
    this._disposed = true;
    this.debouncer.dispose();
    Signal.clearData(this);
  }

  async load(): Promise<void> {
    await this.read(this.spec);
  }

  /** The job as somebody else has set it up meanwhile; what was typed here goes. */
  async reload(): Promise<void> {
    await this.read(null);
  }

  /** The cell that is selected, when it can be given a role. */
  get activeCell(): { id: string; index: number; role: Role | null; source: string } | null {
    const { activeCell, cells } = this.document;
    const index = cells.findIndex(cell => cell.id === activeCell && cell.type === 'code');
    const cell = cells[index];
    return cell
      ? {
          id: cell.id,
          index,
          role: readTags(cell.tags).role,
          source: this.document.sourceOf(cell.id)
        }
      : null;
  }

  hasCell(role: Role): boolean {
    return this._cells.some(cell => cell.role === role);
  }

  /** Gives the selected cell a role and reads the notebook again; what was typed stays. */
  async tag(role: Role): Promise<void> {
    const { activeCell } = this;
    if (activeCell) {
      const typed = changes(this._loaded, this._job);
      this.document.setRole(activeCell.id, role);
      await this.read(this.spec, typed);
    }
  }

  /** What was typed already goes over what is read. */
  private async read(spec: IExperimentSpec | null, typed: Partial<IJob> = {}): Promise<void> {
    const { metadata } = this.document;
    try {
      const live = this.document.live();
      const [inspection, derived, algorithms, environment] = await Promise.all([
        this.backend.request('inspect', live),
        this.backend.request('inspect', withMetadata(live, withoutJob(metadata))),
        this.backend.request('algorithms', {}),
        this.backend.request('environment', {})
      ]);
      this.adopt(readJob(inspection, metadata), spec, inspection, derived);
      this._job = { ...this._job, ...typed };
      this._base = jobPart(metadata);
      this.changedElsewhere = false;
      this.algorithms = algorithms;
      this.engines = environment.engines;
      this.failure = '';
      this.state = 'ready';
      // The rows are shown at once: what the kernel says of them comes beside them.
      this.emit();
      await Promise.all([this.validate(), this.readValues()]);
      this.ignored = spec ? [] : this.ignoredOf(inspection.diagnostics);
    } catch (reason) {
      this.state = 'failed';
      this.failure = reason instanceof Error ? reason.message : String(reason);
    }
    this.emit();
  }

  update(change: Partial<IJob>): void {
    this._job = { ...this._job, ...change };
    this.failure = '';
    void this.debouncer.invoke().catch(() => undefined);
    this.emit();
  }

  updateRow(name: string, change: Partial<IParameterRow>): void {
    this.update({
      parameters: this._job.parameters.map(row => (row.name === name ? { ...row, ...change } : row))
    });
  }

  /** A member of a range as the user typed it; what one gives a range to is to be searched. */
  updateSpace(row: IParameterRow, space: IFeasibleSpace, type?: ParameterType): void {
    if (row.range) {
      const range: IRange = {
        ...row.range,
        parameterType: type ?? row.range.parameterType,
        feasibleSpace: space
      };
      this.updateRow(row.name, { range, origin: 'typed', why: '', selected: true });
    }
  }

  derivedRow(name: string): IInspectedParameter | null {
    return this._derived.get(name) ?? null;
  }

  /** The range that follows from the cell, as if nothing had been stored. */
  reset(row: IParameterRow): void {
    const derived = this.derivedRow(row.name);
    if (derived) {
      const { range, origin, why } = derived;
      this.updateRow(row.name, { range, origin, why });
    }
  }

  remove(row: IParameterRow): void {
    this.update({
      parameters: this._job.parameters.filter(each => each !== row)
    });
  }

  setSetting(name: string, value: string): void {
    const settings: ISetting[] = this._job.settings.filter(setting => setting.name !== name);
    this.update({
      settings: value === '' ? settings : [...settings, { name, value }]
    });
  }

  get algorithm(): IAlgorithm | null {
    return this.algorithms.find(each => each.name === this._job.algorithm) ?? null;
  }

  /** The worst that the kernel says of one field, by its path in the Experiment. */
  problemAt(...paths: string[]): IProblem | null {
    const found = this.problems.filter(problem => paths.includes(problem.path));
    return found.find(problem => problem.severity === 'error') ?? found[0] ?? null;
  }

  problemsOfRow(name: string): { member: string; item: number; problem: IProblem }[] {
    return this.problems.flatMap(problem => {
      const at = parameterAt(this._job, problem.path);
      return at?.name === name ? [{ member: at.member, item: at.item, problem }] : [];
    });
  }

  get problems(): IProblem[] {
    return this.validation?.problems ?? [];
  }

  get errorCount(): number {
    const own = COUNTS.filter(key => countProblem(this._job, key, '') !== null).length;
    const goal = Number.isFinite(Number(this._job.goal)) ? 0 : 1;
    return own + goal + this.problems.filter(problem => problem.severity === 'error').length;
  }

  get metadata(): PartialJSONObject {
    return writeJob(this.document.metadata, this._job);
  }

  get live(): ILive {
    return withMetadata(this.document.live(), this.metadata);
  }

  /** Into the document; what was not changed in the form stays as it was. */
  save(): void {
    if (!this.document.isDisposed) {
      const next = this.metadata;
      this._base = jobPart(next);
      this.document.setMetadata(next);
    }
  }

  async showPreview(): Promise<void> {
    try {
      this.preview = await this.backend.request('preview', this.request());
      this.validation = this.preview;
      this.failure = '';
    } catch (reason) {
      this.failure = reason instanceof Error ? reason.message : String(reason);
    }
    this.emit();
  }

  /** Saves into the document and starts the experiment; its name. */
  async run(): Promise<string> {
    this.busy = true;
    this.failure = '';
    this.emit();
    try {
      const started = await this.backend.request('run', this.request());
      this.save();
      return started.name;
    } catch (reason) {
      this.failure = reason instanceof Error ? reason.message : String(reason);
      await this.validate();
      throw reason;
    } finally {
      this.busy = false;
      this.emit();
    }
  }

  private adopt(
    job: IJob,
    spec: IExperimentSpec | null,
    inspection: IInspection,
    derived: IInspection
  ): void {
    this._loaded = this._job = spec ? jobFromSpec(job, spec) : job;
    this._derived = new Map(derived.parameters.map(row => [row.name, row]));
    this._cells = inspection.cells;
    this.metrics = inspection.metrics;
  }

  /** The form has something else in the place of what could not be read: the kernel no longer sees it there. */
  private ignoredOf(diagnostics: IProblem[]): IProblem[] {
    const said = new Set(this.problems.map(problem => problem.text));
    const texts = new Map(diagnostics.map(problem => [problem.text, problem]));
    return [...texts.values()].filter(
      ({ cell, severity, text }) => cell < 0 && severity !== 'note' && !said.has(text)
    );
  }

  private onDocument(): void {
    this.changedElsewhere =
      this._base !== null && !JSONExt.deepEqual(jobPart(this.document.metadata), this._base);
    this.emit();
  }

  /** What expressions of the parameters cell are in the notebook's own kernel, while it runs. */
  private async readValues(): Promise<void> {
    const { kernelId } = this.document;
    const names = this._job.parameters
      .filter(row => row.type === 'expression')
      .map(row => row.name);
    if (!kernelId || names.length === 0) {
      return;
    }
    try {
      this.values = (await this.backend.request('values', { kernelId, names })).values;
    } catch {
      // The expressions are shown as they are written.
    }
  }

  private onBackend(): void {
    if (this.backend.status.state === 'ready') {
      void (this.state === 'failed' ? this.load() : this.debouncer.invoke()).catch(() => undefined);
    }
  }

  private request(): ILive & { options: ReturnType<typeof runOptions> } {
    const { engine } = this._job;
    return { ...this.live, options: { ...runOptions(this.metadata), engine } };
  }

  private async validate(): Promise<void> {
    const asked = ++this._asked;
    try {
      const validation = await this.backend.request('validate', this.request());
      if (asked === this._asked && !this._disposed) {
        this.validation = validation;
        this.emit();
      }
    } catch (reason) {
      this.failure = reason instanceof Error ? reason.message : String(reason);
      this.emit();
    }
  }

  private emit(): void {
    if (!this._disposed) {
      this.changed.emit();
    }
  }

  private readonly debouncer: Debouncer<void>;
  private _job: IJob = {
    parameters: [],
    algorithm: 'auto',
    settings: [],
    metric: '',
    type: 'maximize',
    goal: '',
    additional: [],
    parallelTrialCount: '3',
    maxTrialCount: '12',
    maxFailedTrialCount: '3',
    engine: 'local'
  };
  private _loaded = this._job;
  private _derived = new Map<string, IInspectedParameter>();
  private _cells: IInspectedCell[] = [];
  private _base: PartialJSONObject | null = null;
  private _asked = 0;
  private _disposed = false;
}

/** The members of the form that differ. */
function changes(before: IJob, now: IJob): Partial<IJob> {
  const differs = ([key, value]: [string, unknown]) =>
    !JSONExt.deepEqual(value as never, before[key as keyof IJob] as never);
  return Object.fromEntries(Object.entries(now).filter(differs));
}

/** What a count has to be before the kernel can say anything of its size. */
export function countProblem(
  job: IJob,
  key: (typeof COUNTS)[number],
  text: string
): IProblem | null {
  const value = job[key].trim();
  if (/^-?\d+$/.test(value) || (key === 'maxTrialCount' && value === '')) {
    return null;
  }
  return {
    severity: 'error',
    code: '',
    path: '',
    cell: -1,
    line: 0,
    column: 0,
    text
  };
}

function withMetadata(live: ILive, metadata: PartialJSONObject): ILive {
  return { ...live, document: { ...live.document, metadata } };
}
