import * as React from 'react';
import { Button } from '../components/button';
import { useTrans } from '../components/trans';
import type { JobModel } from '../models/job';
import { roleLabel } from '../roles';
import type { Role } from '../tags';

/** Gives the selected cell the role that no cell of the notebook has. */
export function TagOffer(props: { model: JobModel; role: Role }): JSX.Element | null {
  const trans = useTrans();
  const { model, role } = props;
  const cell = model.activeCell;
  if (model.hasCell(role)) {
    return null;
  }
  if (!cell || cell.role) {
    return (
      <p className="jp-nbkatib-Field-help">
        {cell
          ? trans.__('The selected cell is %1 already.', roleLabel(cell.role, trans))
          : trans.__('No code cell is selected.')}{' '}
        {trans.__('Cancel, select the cell, and open this dialog again.')}
      </p>
    );
  }
  return (
    <p className="jp-nbkatib-Offer">
      <Button
        label={trans.__('Make Cell %1 the %2', cell.index, roleLabel(role, trans))}
        onClick={() => void model.tag(role)}
      />
      <span>
        {trans.__('It is the selected cell:')} <code>{cell.source.split('\n', 1)[0]}</code>
      </span>
    </p>
  );
}
