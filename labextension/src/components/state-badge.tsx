import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { useTrans } from './trans';

export function stateLabel(state: string, trans: TranslationBundle): string {
  const labels: { [state: string]: string } = {
    Created: trans.__('Created'),
    Pending: trans.__('Pending'),
    Running: trans.__('Running'),
    Restarting: trans.__('Restarting'),
    Stopping: trans.__('Stopping'),
    Stopped: trans.__('Stopped'),
    Succeeded: trans.__('Succeeded'),
    Failed: trans.__('Failed'),
    Killed: trans.__('Killed'),
    Interrupted: trans.__('Interrupted'),
    MetricsUnavailable: trans.__('Metrics unavailable'),
    EarlyStopped: trans.__('Stopped early')
  };
  return labels[state] ?? state;
}

const SIGNS: { [state: string]: string } = {
  Running: '▶',
  Created: '…',
  Pending: '…',
  Restarting: '↻',
  Stopping: '■',
  Stopped: '■',
  Killed: '■',
  Succeeded: '✓',
  EarlyStopped: '✓',
  Failed: '✕',
  MetricsUnavailable: '✕',
  Interrupted: '!'
};

/** A state by word, sign and colour, so that none of them is needed alone. */
export function StateBadge(props: { state: string }): JSX.Element {
  const trans = useTrans();
  return (
    <span className="jp-nbkatib-State" data-state={props.state}>
      <span aria-hidden="true">{SIGNS[props.state] ?? '·'}</span> {stateLabel(props.state, trans)}
    </span>
  );
}
