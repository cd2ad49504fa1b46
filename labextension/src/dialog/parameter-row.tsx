import { undoIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { JSONExt } from '@lumino/coreutils';
import * as React from 'react';
import { Button } from '../components/button';
import { CheckField } from '../components/check-field';
import { useTrans } from '../components/trans';
import type { IParameterRow } from '../metadata';
import type { JobModel } from '../models/job';
import { SpaceField } from './space-field';

function originText(row: IParameterRow, trans: TranslationBundle): string {
  const origins: { [origin: string]: string } = {
    typed: trans.__('Typed here'),
    stored: trans.__('Stored in the notebook'),
    experiment: trans.__('From the experiment')
  };
  return origins[row.origin] ?? (row.why ? trans.__('Derived: %1', row.why) : row.origin);
}

/** A parameter of the tagged cell: whether it is searched, and where. */
export function ParameterRow(props: { model: JobModel; row: IParameterRow }): JSX.Element {
  const trans = useTrans();
  const { model, row } = props;
  const derived = model.derivedRow(row.name);
  const changed =
    derived?.range && row.range && !JSONExt.deepEqual(row.range as never, derived.range as never);
  const searchable = row.present && row.range !== null;
  return (
    <li className="jp-nbkatib-Parameter" data-selected={row.selected || undefined}>
      <div className="jp-nbkatib-Parameter-head">
        <CheckField
          label={row.name}
          checked={row.selected}
          disabled={!searchable}
          onChange={selected => model.updateRow(row.name, { selected })}
        />
        {row.present ? (
          <>
            <span className="jp-nbkatib-Parameter-type">{row.type}</span>
            <span className="jp-nbkatib-Parameter-value">
              {trans.__('now')} <code>{model.values[row.name]?.value ?? row.value}</code>
            </span>
          </>
        ) : (
          <span className="jp-nbkatib-Parameter-gone">
            {trans.__('The notebook no longer has it. It is kept, but not searched.')}
            <Button label={trans.__('Forget %1', row.name)} onClick={() => model.remove(row)} />
          </span>
        )}
        {row.present && !row.range && <span>{row.why || trans.__('fixed, not searched')}</span>}
      </div>
      {searchable && (
        <>
          <SpaceField model={model} row={row} />
          <div className="jp-nbkatib-Parameter-origin">
            <span>{originText(row, trans)}</span>
            {changed && (
              <Button
                icon={undoIcon}
                label={trans.__('Reset to Derived')}
                onClick={() => model.reset(row)}
              />
            )}
          </div>
        </>
      )}
    </li>
  );
}
