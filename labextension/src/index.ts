import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  ICommandPalette,
  IThemeManager,
  IToolbarWidgetRegistry,
  MainAreaWidget,
  WidgetTracker
} from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { Widget } from '@lumino/widgets';
import { Backend } from './backend';
import { RoleChips } from './cells';
import { openRoleMenu, RoleButton } from './cells/menu';
import { CommandIDs } from './command-ids';
import { addExperimentCommands } from './commands/experiment';
import { addNotebookCommands } from './commands/notebook';
import { TRANSLATION_DOMAIN } from './components/trans';
import type { IContext } from './context';
import { TrialDrive } from './drive';
import { Documents } from './models/document';
import { PanelModel } from './models/panel';
import { addToPalette, notifyEnds } from './palette';
import { PanelWidget } from './panel';
import { Settings } from './settings';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@nbkatib/labextension:plugin',
  description: 'Tunes a notebook from its own tagged cells.',
  autoStart: true,
  requires: [INotebookTracker, IDocumentManager, IRenderMimeRegistry],
  optional: [
    ITranslator,
    ICommandPalette,
    ILayoutRestorer,
    ISettingRegistry,
    IThemeManager,
    IToolbarWidgetRegistry
  ],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    manager: IDocumentManager,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    registry: ISettingRegistry | null,
    themes: IThemeManager | null,
    toolbars: IToolbarWidgetRegistry | null
  ): void => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    const backend = new Backend(app.serviceManager);
    const documents = new Documents(notebooks);
    const model = new PanelModel(backend, documents);
    const panel = new PanelWidget(model, app.commands, trans);
    const experiments = new WidgetTracker<MainAreaWidget<Widget>>({
      namespace: 'nbkatib'
    });
    const settings = new Settings(registry, plugin.id);
    const openOnRun = () => settings.openOnRun;
    const context: IContext = {
      ...{
        app,
        backend,
        documents,
        notebooks,
        manager,
        rendermime,
        themes,
        experiments
      },
      ...{ panel, trans, openOnRun }
    };

    addNotebookCommands(context);
    addExperimentCommands(context);
    app.serviceManager.contents.addDrive(
      new TrialDrive(backend, app.serviceManager.serverSettings)
    );
    app.shell.add(panel, 'left', { rank: 550 });
    restorer?.add(panel, panel.id);
    void restorer?.restore(experiments, {
      command: CommandIDs.open,
      args: widget => ({ experiment: widget.title.label }),
      name: widget => widget.title.label
    });
    if (palette) {
      addToPalette(palette, trans);
    }
    notifyEnds(context, () => settings.notify);

    const menu = (cell: Cell, anchor: HTMLElement) => openRoleMenu(context, cell, anchor);
    const chips = new RoleChips(notebooks, documents, trans, menu);
    settings.changed.connect(() => (chips.shown = settings.showRoles));
    toolbars?.addFactory<Cell>('Cell', 'nbkatib-role', cell => new RoleButton(cell, trans, menu));
  }
};

export default plugin;
