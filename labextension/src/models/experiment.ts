import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import { isLive } from '../backend';
import type { IBackend, IChart, IExperimentEvent, IShow, ITrial, ITrialDetail } from '../tokens';

const CHARTS_MS = 1500;
const LOG_MS = 1000;
/** What the log view keeps of a very long log. */
const LOG_MAX = 1 << 20;

export interface IProgress {
  done: number;
  /** null: no maximum, until the goal is reached or the space is exhausted. */
  total: number | null;
  failed: number;
  running: number;
  secondsLeft: number | null;
}

/** One experiment, followed while its view is open. */
export class ExperimentModel implements IDisposable {
  constructor(
    readonly backend: IBackend,
    readonly name: string
  ) {
    backend.experimentChanged.connect(this.onEvent, this);
    backend.statusChanged.connect(this.onBackend, this);
  }

  readonly changed: Signal<this, void> = new Signal<this, void>(this);

  show: IShow | null = null;
  failure = '';
  removed = false;
  charts: IChart[] = [];
  trial: string | null = null;
  detail: ITrialDetail | null = null;
  log = '';
  logClipped = false;

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    if (this._disposed) {
      return;
    }
    this._disposed = true;
    window.clearTimeout(this._chartsTimer);
    window.clearTimeout(this._logTimer);
    this.backend.request('unsubscribe', { experiment: this.name }).catch(() => undefined);
    Signal.clearData(this);
  }

  async load(): Promise<void> {
    try {
      this.show = await this.backend.request('subscribe', {
        experiment: this.name
      });
      this.failure = '';
      this.followCharts();
    } catch (reason) {
      this.failure = reason instanceof Error ? reason.message : String(reason);
    }
    this.emit();
  }

  get live(): boolean {
    return this.show !== null && isLive(this.show.state);
  }

  get bestName(): string {
    return this.show?.experiment.status?.currentOptimalTrial?.bestTrialName ?? '';
  }

  get progress(): IProgress {
    const trials = this.show?.trials ?? [];
    const count = (...states: string[]) => trials.filter(t => states.includes(t.state)).length;
    const done = count('Succeeded', 'EarlyStopped');
    const total = this.show?.experiment.spec.maxTrialCount ?? null;
    const finished = trials.filter(trial => trial.seconds !== null && trial.completionTime);
    return {
      done,
      total,
      failed: count('Failed', 'MetricsUnavailable'),
      running: count('Running'),
      secondsLeft:
        this.live && total !== null ? secondsLeft(finished, total - done, this.parallel) : null
    };
  }

  select(trial: string | null): void {
    this.trial = trial;
    this.detail = null;
    this.log = '';
    this.logClipped = false;
    this._logOffset = 0;
    window.clearTimeout(this._logTimer);
    if (trial) {
      void this.loadTrial(trial);
      void this.followLog(trial);
    }
    this.emit();
  }

  async stop(now = false): Promise<void> {
    await this.backend.request('stop', { experiment: this.name, now });
  }

  async resume(maxTrials?: string): Promise<void> {
    await this.backend.request('resume', {
      experiment: this.name,
      ...(maxTrials ? { maxTrials } : {})
    });
    await this.load();
  }

  async remove(): Promise<void> {
    await this.backend.request('delete', { experiment: this.name });
  }

  private get parallel(): number {
    return this.show?.experiment.spec.parallelTrialCount ?? 1;
  }

  private async loadTrial(trial: string): Promise<void> {
    try {
      const detail = await this.backend.request('trial', {
        experiment: this.name,
        trial
      });
      if (trial === this.trial) {
        this.detail = detail;
        this.emit();
      }
    } catch {
      // The table still shows what is known of it.
    }
  }

  private async followLog(trial: string): Promise<void> {
    if (this._disposed || trial !== this.trial) {
      return;
    }
    let more = true;
    try {
      const offset = this._logOffset;
      const part = await this.backend.request('logs', {
        experiment: this.name,
        trial,
        offset
      });
      if (trial !== this.trial || offset !== this._logOffset) {
        return;
      }
      this._logOffset = part.offset;
      this.append(part.text);
      more = !part.complete || part.offset < part.size;
    } catch {
      // The kernel is away for a moment; the next turn asks again.
    }
    if (more && !this._disposed) {
      this._logTimer = window.setTimeout(() => void this.followLog(trial), LOG_MS);
    }
  }

  private append(text: string): void {
    if (text === '') {
      return;
    }
    this.log += text;
    if (this.log.length > LOG_MAX) {
      this.log = this.log.slice(this.log.length - LOG_MAX);
      this.logClipped = true;
    }
    this.emit();
  }

  private followCharts(): void {
    if (this._chartsTimer || this._disposed) {
      return;
    }
    this._chartsTimer = window.setTimeout(() => {
      this._chartsTimer = 0;
    }, CHARTS_MS);
    this.loadCharts().catch(() => undefined);
  }

  private async loadCharts(): Promise<void> {
    const seq = this.show?.seq ?? 0;
    if (seq === this._chartsSeq) {
      return;
    }
    this._chartsSeq = seq;
    const { charts } = await this.backend.request('charts', {
      experiment: this.name
    });
    this.charts = charts;
    this.emit();
  }

  private onEvent(_: IBackend, event: IExperimentEvent): void {
    if (event.experiment !== this.name) {
      return;
    }
    if (event.removed) {
      this.removed = true;
      this.emit();
      return;
    }
    if (!this.show) {
      void this.load();
      return;
    }
    this.show = merge(this.show, event);
    this.refreshTrial(event);
    this.emit();
    this.chartsSoon();
  }

  /** The newest state is drawn also when it comes while the charts rest. */
  private chartsSoon(): void {
    if (!this._chartsTimer) {
      this.followCharts();
    } else if (!this._chartsAgain) {
      this._chartsAgain = window.setTimeout(() => {
        this._chartsAgain = 0;
        this.followCharts();
      }, CHARTS_MS);
    }
  }

  private refreshTrial(event: IExperimentEvent): void {
    const mine = event.trials.find(trial => trial.name === this.trial);
    if (mine && this.trial && mine.state !== this.detail?.state) {
      void this.loadTrial(this.trial);
    }
  }

  private onBackend(): void {
    if (this.backend.status.state === 'ready' && !this.show) {
      void this.load();
    }
    this.emit();
  }

  private emit(): void {
    if (!this._disposed) {
      this.changed.emit();
    }
  }

  private _disposed = false;
  private _chartsTimer = 0;
  private _chartsAgain = 0;
  private _chartsSeq = -1;
  private _logTimer = 0;
  private _logOffset = 0;
}

/** The experiment after an event: trials are replaced by name, new ones come in their order. */
export function merge(show: IShow, event: IExperimentEvent): IShow {
  const changed = new Map(event.trials.map(trial => [trial.name, trial]));
  const known = new Set(show.trials.map(trial => trial.name));
  const trials = [
    ...show.trials.map(trial => changed.get(trial.name) ?? trial),
    ...event.trials.filter(trial => !known.has(trial.name))
  ].sort((left, right) => left.index - right.index);
  const { state, seq, reason, message, warnings, status } = event;
  return {
    ...show,
    ...{ state, seq, reason, message, warnings, trials },
    experiment: { ...show.experiment, status }
  };
}

/** What the remaining trials take, when they take as long as those that have ended. */
function secondsLeft(finished: ITrial[], remaining: number, parallel: number): number | null {
  if (finished.length === 0 || remaining <= 0) {
    return null;
  }
  const total = finished.reduce((sum, trial) => sum + (trial.seconds ?? 0), 0);
  return Math.ceil(((total / finished.length) * remaining) / Math.max(1, parallel));
}
