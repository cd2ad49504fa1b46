import { Debouncer } from '@lumino/polling';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { IBackend, IEnvironment, IInspection } from '../tokens';
import type { Documents, NotebookDocument } from './document';

const INSPECT_MS = 400;

/** What the left panel shows: the notebook in front, what the kernel reads in it, and where it may run. */
export class PanelModel implements IDisposable {
  constructor(
    readonly backend: IBackend,
    readonly documents: Documents
  ) {
    this.debouncer = new Debouncer(() => this.inspect(), INSPECT_MS);
    documents.changed.connect(this.onDocument, this);
    backend.statusChanged.connect(this.onBackend, this);
    backend.experimentsChanged.connect(this.emit, this);
  }

  readonly changed: Signal<this, void> = new Signal<this, void>(this);

  inspection: IInspection | null = null;
  failure = '';
  environment: IEnvironment | null = null;

  get document(): NotebookDocument | null {
    return this.documents.current;
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

  /** Nothing is asked of the kernel before the panel has been seen. */
  wake(): void {
    if (!this._awake) {
      this._awake = true;
      this.backend.retry();
      this.onBackend();
      this.onDocument();
    }
  }

  private onDocument(): void {
    if (this._path !== this.document?.path) {
      this._path = this.document?.path ?? '';
      this.inspection = null;
      this.failure = '';
    }
    this.emit();
    if (this._awake && this.document) {
      void this.debouncer.invoke().catch(() => undefined);
    }
  }

  private onBackend(): void {
    this.emit();
    if (this._awake && this.backend.status.state === 'ready') {
      void this.loadEnvironment();
      void this.debouncer.invoke().catch(() => undefined);
    }
  }

  private async loadEnvironment(): Promise<void> {
    try {
      this.environment = await this.backend.request('environment', {});
    } catch {
      this.environment = null;
    }
    this.emit();
  }

  private async inspect(): Promise<void> {
    const { document } = this;
    if (!document || document.isDisposed) {
      return;
    }
    try {
      const inspection = await this.backend.request('inspect', document.live());
      if (document !== this.document) {
        return;
      }
      this.inspection = inspection;
      this.failure = '';
    } catch (reason) {
      const ready = this.backend.status.state === 'ready';
      this.failure = ready && reason instanceof Error ? reason.message : '';
    }
    this.emit();
  }

  private emit(): void {
    if (!this._disposed) {
      this.changed.emit();
    }
  }

  private readonly debouncer: Debouncer<void>;
  private _path = '';
  private _awake = false;
  private _disposed = false;
}
