import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';
import { localTime, shortNumber } from '../components/format';
import { StateBadge } from '../components/state-badge';
import { useTrans } from '../components/trans';
import { CommandIDs } from '../command-ids';
import type { IListItem } from '../tokens';

const SHOWN = 50;

function Item(props: { item: IListItem; commands: CommandRegistry }): JSX.Element {
  const trans = useTrans();
  const { item, commands } = props;
  const { objective } = item;
  const count = trans.__('%1 of %2', item.trialsSucceeded, item.maxTrialCount ?? '∞');
  return (
    <li data-experiment={item.name}>
      <button
        type="button"
        onClick={() =>
          void commands.execute(CommandIDs.open, {
            experiment: item.name
          })
        }
      >
        <span className="jp-nbkatib-Item-name">{item.name}</span>
        <StateBadge state={item.error ? 'Failed' : item.state} />
        <span className="jp-nbkatib-Item-detail">
          {item.error ??
            [
              count,
              objective && objective.value !== null
                ? `${objective.name} ${shortNumber(objective.value)}`
                : ''
            ]
              .filter(text => text !== '')
              .join(' · ')}
        </span>
        <span className="jp-nbkatib-Item-detail">{localTime(item.startTime)}</span>
      </button>
    </li>
  );
}

export function Experiments(props: {
  experiments: readonly IListItem[];
  /** They have been read; before, none may be shown that are there. */
  ready: boolean;
  commands: CommandRegistry;
}): JSX.Element {
  const trans = useTrans();
  const { experiments, commands } = props;
  const [all, setAll] = React.useState(false);
  const shown = all ? experiments : experiments.slice(0, SHOWN);
  return (
    <div className="jp-nbkatib-Panel-part">
      <h2>{trans.__('Experiments')}</h2>
      {props.ready && experiments.length === 0 && (
        <p className="jp-nbkatib-Field-help">{trans.__('Nothing has been run yet.')}</p>
      )}
      <ul className="jp-nbkatib-Items">
        {shown.map(item => (
          <Item key={item.name} item={item} commands={commands} />
        ))}
      </ul>
      {shown.length < experiments.length && (
        <button type="button" className="jp-nbkatib-Link" onClick={() => setAll(true)}>
          {trans.__('Show all %1', experiments.length)}
        </button>
      )}
    </div>
  );
}
