import { Notification } from '@jupyterlab/apputils';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandIDs } from './command-ids';
import { shortNumber } from './components/format';
import type { IContext } from './context';
import { ROLES } from './tags';
import type { IListItem } from './tokens';

export function addToPalette(palette: ICommandPalette, trans: TranslationBundle): void {
  const category = trans.__('Katib');
  const { role, openNotebook } = CommandIDs;
  // A role is an argument; a trial is chosen in the table.
  for (const command of Object.values(CommandIDs).filter(
    id => id !== role && id !== openNotebook
  )) {
    palette.addItem({ command, category });
  }
  for (const each of ['', ...ROLES]) {
    palette.addItem({
      command: role,
      category,
      args: { role: each, isPalette: true }
    });
  }
}

function message(item: IListItem, trans: TranslationBundle): string {
  const { name, objective, state } = item;
  if (objective && objective.value !== null) {
    return trans.__(
      '%1: %2, best %3 is %4',
      name,
      state,
      objective.name,
      shortNumber(objective.value)
    );
  }
  return trans.__('%1: %2', name, state);
}

/** A notification when an experiment ends. */
export function notifyEnds(context: IContext, wanted: () => boolean): void {
  const { app, backend, trans } = context;
  backend.experimentEnded.connect((_, item) => {
    if (!wanted()) {
      return;
    }
    const kind =
      item.state === 'Succeeded' ? 'success' : item.state === 'Failed' ? 'error' : 'info';
    Notification.emit(message(item, trans), kind, {
      autoClose: false,
      actions: [
        {
          label: trans.__('Open'),
          callback: () =>
            void app.commands.execute(CommandIDs.open, {
              experiment: item.name
            })
        }
      ]
    });
  });
}
