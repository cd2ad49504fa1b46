import type { Cell } from '@jupyterlab/cells';
import { ReactWidget, caretDownEmptyThinIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { roleHelp, roleLabel } from '../roles';
import { colorOf, GPU_KEYS } from '../tags';
import type { ICellRole } from '../tags';

export interface IChipState {
  /** What the cell's own tags say. */
  own: ICellRole;
  /** The group that it belongs to. */
  group: ICellRole;
}

function label(own: ICellRole, trans: TranslationBundle): string {
  return own.role === 'step' ? trans.__('step: %1', own.step) : roleLabel(own.role, trans);
}

function details(own: ICellRole, trans: TranslationBundle): string[] {
  const gpus = own.limits.filter(({ key }) => GPU_KEYS.includes(key));
  return [
    ...(own.prev.length > 0 ? [trans.__('depends on: %1', own.prev.join(', '))] : []),
    ...gpus.map(({ key, value }) => trans.__('GPU: %1 × %2', value, key.split('.')[0]))
  ];
}

/** A cell's role above its code; a click opens the menu of roles. */
export class RoleChip extends ReactWidget {
  constructor(
    readonly cell: Cell,
    private readonly trans: TranslationBundle,
    private readonly onMenu: (cell: Cell, anchor: HTMLElement) => void
  ) {
    super();
    this.addClass('jp-nbkatib');
    this.addClass('jp-nbkatib-Chip');
  }

  setState(state: IChipState): void {
    const text = JSON.stringify(state);
    if (text !== this._text) {
      this._text = text;
      this._state = state;
      this.update();
    }
  }

  protected render(): JSX.Element | null {
    const { trans } = this;
    if (!this._state) {
      return null;
    }
    const { own, group } = this._state;
    const inherited = !own.role && group.role;
    return (
      <>
        <button
          type="button"
          aria-haspopup="menu"
          data-role={own.role ?? 'none'}
          style={
            {
              '--jp-nbkatib-color': colorOf(own.role ? own : group)
            } as React.CSSProperties
          }
          title={roleHelp(own.role, trans)}
          aria-label={trans.__('Role of the cell: %1', label(own, trans))}
          onClick={event => this.onMenu(this.cell, event.currentTarget)}
        >
          <span className="jp-nbkatib-Chip-dot" aria-hidden="true" />
          {inherited ? trans.__('in %1', label(group, trans)) : label(own, trans)}
          <caretDownEmptyThinIcon.react tag="span" width="12px" height="12px" />
        </button>
        {details(own, trans).map(detail => (
          <span key={detail} className="jp-nbkatib-Chip-detail">
            {detail}
          </span>
        ))}
      </>
    );
  }

  private _state: IChipState | null = null;
  private _text = '';
}
