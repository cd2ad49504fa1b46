import type { CellChange, ISharedCodeCell, ISharedNotebook, NotebookChange } from '@jupyter/ydoc';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { PartialJSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import { DRIVE } from '../drive';
import type { Role, TagEdits, ICell, IStepChange } from '../tags';
import * as tags from '../tags';
import type { IApplied, ILive } from '../tokens';

/** Changes come in bursts while a user types; listeners hear of them this much later. */
const SETTLE_MS = 150;

/** One notebook as we read and change it: its shared model, and nothing else. */
export class NotebookDocument implements IDisposable {
  constructor(readonly panel: NotebookPanel) {
    this.shared.changed.connect(this.onNotebook, this);
    this.followCells();
    this._paths.add(panel.context.path);
    panel.context.pathChanged.connect(this.onPath, this);
    panel.disposed.connect(this.dispose, this);
  }

  readonly changed: Signal<this, void> = new Signal<this, void>(this);
  readonly disposed: Signal<this, void> = new Signal<this, void>(this);

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    if (this._disposed) {
      return;
    }
    this._disposed = true;
    window.clearTimeout(this._timer);
    this.disposed.emit();
    Signal.clearData(this);
  }

  get path(): string {
    return this.panel.context.path;
  }

  /** Whether it has had this path since it was opened: experiments know a notebook by the one it had then. */
  hasHad(path: string): boolean {
    return this._paths.has(path);
  }

  get kernelId(): string | null {
    return this.panel.sessionContext.session?.kernel?.id ?? null;
  }

  get readOnly(): boolean {
    const { contentsModel, localPath, model, path } = this.panel.context;
    // jupyter-collaboration before 4 calls every file of its own drive read-only.
    return contentsModel?.writable === false && !(model.collaborative && path !== localPath);
  }

  get metadata(): PartialJSONObject {
    return this.shared.getMetadata() as PartialJSONObject;
  }

  /** Only the members that differ are written, so that others may edit the rest meanwhile. */
  setMetadata(next: PartialJSONObject): void {
    const before = this.metadata;
    this.shared.transact(() => {
      for (const key of Object.keys(before)) {
        if (!(key in next)) {
          this.shared.deleteMetadata(key);
        }
      }
      for (const [key, value] of Object.entries(next)) {
        if (value !== undefined) {
          this.shared.setMetadata(key, value as never);
        }
      }
    });
    // What is shown next is built on this, not on what was shown before.
    this.changed.emit();
  }

  get cells(): ICell[] {
    return this.shared.cells.map(cell => ({
      id: cell.getId(),
      type: cell.cell_type,
      tags: tags.tagsOf(cell.getMetadata())
    }));
  }

  sourceOf(id: string): string {
    return this.find(id)?.getSource() ?? '';
  }

  /** The cell that is selected, or null. */
  get activeCell(): string | null {
    return this.panel.content.activeCell?.model.id ?? null;
  }

  setRole(id: string, role: Role | null): void {
    this.edit(tags.editRole(this.cells, id, role));
  }

  setStep(id: string, change: IStepChange): void {
    this.edit(tags.editStep(this.cells, id, change));
  }

  live(): ILive {
    return {
      notebook: this.panel.context.localPath,
      document: {
        cells: this.shared.cells.map(cell => ({
          id: cell.getId(),
          cell_type: cell.cell_type,
          source: cell.getSource(),
          metadata: cell.getMetadata() as PartialJSONObject
        })),
        metadata: this.metadata,
        nbformat: this.shared.nbformat,
        nbformat_minor: this.shared.nbformat_minor
      }
    };
  }

  /** Puts new sources into cells. Each is an edit of its own cell, so that Undo in that cell takes it back. */
  apply(applied: IApplied): void {
    for (const { cellId, source } of applied.cells) {
      this.find(cellId)?.setSource(source);
    }
  }

  /** Takes back what was applied; not what was typed in a cell since. Whether every cell is as it was. */
  undo(applied: IApplied): boolean {
    const cells = applied.cells.filter(({ cellId, source }) => this.sourceOf(cellId) === source);
    cells.forEach(({ cellId }) => (this.find(cellId) as ISharedCodeCell | null)?.undo());
    return cells.length === applied.cells.length;
  }

  private get shared(): ISharedNotebook {
    return this.panel.content.model?.sharedModel ?? this.panel.context.model.sharedModel;
  }

  private find(id: string): ISharedNotebook['cells'][number] | null {
    return this.shared.cells.find(cell => cell.getId() === id) ?? null;
  }

  private edit(edits: TagEdits): void {
    this.shared.transact(() => {
      for (const [id, list] of edits) {
        const cell = this.find(id);
        if (cell && list.length > 0) {
          cell.setMetadata('tags', list);
        } else {
          cell?.deleteMetadata('tags');
        }
      }
    });
  }

  /** A notebook tells of its cells coming and going, each cell of its own source and tags. */
  private followCells(): void {
    for (const cell of this.shared.cells) {
      cell.changed.connect(this.onCell, this);
    }
  }

  private onPath(_: unknown, path: string): void {
    this._paths.add(path);
    this.changed.emit();
  }

  private onNotebook(_: unknown, change: NotebookChange): void {
    if (change.cellsChange) {
      this.followCells();
    }
    this.settle();
  }

  private onCell(_: unknown, change: CellChange): void {
    if (change.sourceChange || change.metadataChange) {
      this.settle();
    }
  }

  private settle(): void {
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => this.changed.emit(), SETTLE_MS);
  }

  private readonly _paths = new Set<string>();
  private _disposed = false;
  private _timer = 0;
}

/** The notebook that is in front, and those that are open. */
export class Documents implements IDisposable {
  constructor(private readonly tracker: INotebookTracker) {
    tracker.currentChanged.connect(this.onCurrent, this);
    tracker.activeCellChanged.connect(this.onCell, this);
    void this.onCurrent();
  }

  /** Another notebook came to the front, or it changed. */
  readonly changed: Signal<this, void> = new Signal<this, void>(this);
  readonly cellChanged: Signal<this, void> = new Signal<this, void>(this);

  get current(): NotebookDocument | null {
    return this._current;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    if (!this._disposed) {
      this._disposed = true;
      Signal.clearData(this);
    }
  }

  /**
   * An open notebook by its path on the server, or by one that it had before it was renamed, whichever drive it was opened
   * from: those who edit together have their own.
   */
  find(path: string): NotebookDocument | null {
    const panel =
      this.tracker.find(
        ({ context }) => context.localPath === path && !context.path.startsWith(`${DRIVE}:`)
      ) ?? this.tracker.find(each => this._documents.get(each)?.hasHad(path) === true);
    return panel ? this.of(panel) : null;
  }

  of(panel: NotebookPanel): NotebookDocument {
    const known = this._documents.get(panel);
    if (known && !known.isDisposed) {
      return known;
    }
    const document = new NotebookDocument(panel);
    this._documents.set(panel, document);
    return document;
  }

  private async onCurrent(): Promise<void> {
    const panel = this.tracker.currentWidget;
    await panel?.context.ready;
    if (this._disposed || panel !== this.tracker.currentWidget) {
      return;
    }
    this._current?.changed.disconnect(this.onChanged, this);
    this._current = panel && !panel.isDisposed ? this.of(panel) : null;
    this._current?.changed.connect(this.onChanged, this);
    this.changed.emit();
  }

  private onChanged(): void {
    this.changed.emit();
  }

  private onCell(): void {
    this.cellChanged.emit();
  }

  private readonly _documents = new WeakMap<NotebookPanel, NotebookDocument>();
  private _current: NotebookDocument | null = null;
  private _disposed = false;
}
