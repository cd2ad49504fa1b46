import type { Cell } from '@jupyterlab/cells';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { PanelLayout } from '@lumino/widgets';
import { isEnabled } from '../metadata';
import type { Documents, NotebookDocument } from '../models/document';
import { groups, rolesOf } from '../tags';
import { RoleChip } from './chip';

/** Puts a chip on the code cells of every notebook: on the tagged ones, and on all while Katib is enabled. */
export class RoleChips implements IDisposable {
  constructor(
    private readonly tracker: INotebookTracker,
    private readonly documents: Documents,
    private readonly trans: TranslationBundle,
    private readonly onMenu: (cell: Cell, anchor: HTMLElement) => void
  ) {
    tracker.forEach(panel => this.follow(panel));
    tracker.widgetAdded.connect(this.onPanel, this);
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    this.tracker.widgetAdded.disconnect(this.onPanel, this);
  }

  /** Whether chips are shown at all: a setting. */
  set shown(shown: boolean) {
    this._shown = shown;
    this.tracker.forEach(panel => this.refresh(this.documents.of(panel)));
  }

  private onPanel(_: INotebookTracker, panel: NotebookPanel): void {
    this.follow(panel);
  }

  private follow(panel: NotebookPanel): void {
    void panel.context.ready.then(() => {
      if (panel.isDisposed || this._disposed) {
        return;
      }
      const document = this.documents.of(panel);
      document.changed.connect(() => this.refresh(document));
      this.refresh(document);
    });
  }

  private refresh(document: NotebookDocument): void {
    if (document.isDisposed || this._disposed || document.panel.isDisposed) {
      return;
    }
    const { cells } = document;
    const all = groups(cells);
    const roles = rolesOf(cells);
    const enabled = isEnabled(document.metadata);
    const byId = new Map(document.panel.content.widgets.map(widget => [widget.model.id, widget]));
    cells.forEach((cell, index) => {
      const widget = byId.get(cell.id);
      const own = roles[index];
      if (widget && this._shown && cell.type === 'code' && (own.role || enabled)) {
        this.show(widget, { own, group: all[index] });
      } else if (widget) {
        this._chips.get(widget)?.dispose();
        this._chips.delete(widget);
      }
    });
  }

  private show(cell: Cell, state: Parameters<RoleChip['setState']>[0]): void {
    const known = this._chips.get(cell);
    if (known && !known.isDisposed) {
      known.setState(state);
      return;
    }
    const chip = new RoleChip(cell, this.trans, this.onMenu);
    this._chips.set(cell, chip);
    chip.setState(state);
    // A cell outside the viewport gets its parts when it comes into it.
    void cell.ready.then(() => {
      if (!cell.isDisposed && !chip.isDisposed) {
        (cell.layout as PanelLayout).insertWidget(1, chip);
      }
    });
  }

  private readonly _chips = new WeakMap<Cell, RoleChip>();
  private _shown = true;
  private _disposed = false;
}
