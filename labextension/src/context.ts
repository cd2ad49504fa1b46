import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IThemeManager, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Widget } from '@lumino/widgets';
import type { Documents } from './models/document';
import type { IBackend } from './tokens';

/** What the commands work with. */
export interface IContext {
  app: JupyterFrontEnd;
  backend: IBackend;
  documents: Documents;
  notebooks: INotebookTracker;
  manager: IDocumentManager;
  rendermime: IRenderMimeRegistry;
  themes: IThemeManager | null;
  experiments: WidgetTracker<MainAreaWidget<Widget>>;
  panel: Widget;
  trans: TranslationBundle;
  /** Whether the view opens as soon as an experiment has been started: a setting. */
  openOnRun: () => boolean;
}
