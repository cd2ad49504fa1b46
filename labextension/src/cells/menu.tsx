import type { Cell } from '@jupyterlab/cells';
import { MenuSvg, ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { CommandIDs } from '../command-ids';
import type { IContext } from '../context';
import { katibIcon } from '../icons';
import { ROLES } from '../tags';

/** The menu of roles below a chip or a button; the cell becomes the active one, which the commands work on. */
export function openRoleMenu(context: IContext, cell: Cell, anchor: HTMLElement): void {
  const { app, notebooks, trans } = context;
  const panel = notebooks.find(each => each.content.widgets.includes(cell));
  if (!panel) {
    return;
  }
  panel.content.activeCellIndex = panel.content.widgets.indexOf(cell);
  const menu = new MenuSvg({ commands: app.commands });
  menu.title.label = trans.__('Role of the cell');
  for (const role of ROLES) {
    menu.addItem({ command: CommandIDs.role, args: { role } });
  }
  menu.addItem({ type: 'separator' });
  menu.addItem({ command: CommandIDs.role, args: { role: '' } });
  menu.aboutToClose.connect(() => window.setTimeout(() => menu.dispose(), 0));
  const { left, bottom } = anchor.getBoundingClientRect();
  menu.open(left, bottom);
}

/** The button in a cell's toolbar. */
export class RoleButton extends ReactWidget {
  constructor(
    private readonly cell: Cell,
    private readonly trans: TranslationBundle,
    private readonly onMenu: (cell: Cell, anchor: HTMLElement) => void
  ) {
    super();
    this.addClass('jp-nbkatib');
    this.addClass('jp-nbkatib-RoleButton');
    this.setHidden(cell.model.type !== 'code');
  }

  protected render(): JSX.Element {
    const label = this.trans.__('Role of the cell');
    return (
      <button
        type="button"
        className="jp-nbkatib-Button"
        data-icon-only
        aria-haspopup="menu"
        aria-label={label}
        title={label}
        onClick={event => this.onMenu(this.cell, event.currentTarget)}
      >
        <katibIcon.react tag="span" width="16px" height="16px" />
      </button>
    );
  }
}
