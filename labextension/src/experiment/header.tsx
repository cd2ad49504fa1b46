import {
  downloadIcon,
  refreshIcon,
  runIcon,
  stopIcon,
  checkIcon,
  closeIcon
} from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { Button } from '../components/button';
import { StateBadge } from '../components/state-badge';
import { useTrans } from '../components/trans';
import { CommandIDs } from '../command-ids';
import { isLive } from '../backend';
import type { IShow } from '../tokens';
import type { IViewServices } from './services';

interface IAction {
  command: string;
  label: string;
  icon?: LabIcon;
  shown: boolean;
  primary?: boolean;
  danger?: boolean;
}

/** Name, state and everything that can be done with an experiment. */
export function Header(props: { show: IShow; services: IViewServices }): JSX.Element {
  const trans = useTrans();
  const { show, services } = props;
  const live = isLive(show.state);
  const best = Boolean(show.experiment.status?.currentOptimalTrial?.bestTrialName);
  const resumable = !live && show.state !== 'Succeeded';
  const actions: IAction[] = [
    {
      command: CommandIDs.apply,
      label: trans.__('Apply Best Values…'),
      icon: checkIcon,
      shown: best,
      primary: !live
    },
    {
      command: CommandIDs.stop,
      label: trans.__('Stop'),
      icon: stopIcon,
      shown: live && show.state !== 'Stopping'
    },
    {
      command: CommandIDs.stopNow,
      label: trans.__('Stop Now'),
      icon: stopIcon,
      shown: show.state === 'Stopping',
      danger: true
    },
    {
      command: CommandIDs.resume,
      label: trans.__('Resume'),
      icon: runIcon,
      shown: resumable
    },
    {
      command: CommandIDs.runAgain,
      label: trans.__('Run Again with Changes…'),
      icon: refreshIcon,
      shown: true
    },
    {
      command: CommandIDs.exportCsv,
      label: trans.__('CSV'),
      icon: downloadIcon,
      shown: true
    },
    {
      command: CommandIDs.exportYaml,
      label: trans.__('YAML'),
      icon: downloadIcon,
      shown: true
    },
    {
      command: CommandIDs.delete,
      label: trans.__('Delete…'),
      icon: closeIcon,
      shown: !live,
      danger: true
    }
  ];
  return (
    <header className="jp-nbkatib-Experiment-header">
      <div>
        <h1>{show.name}</h1>
        <StateBadge state={show.state} />
        <button
          type="button"
          className="jp-nbkatib-Link"
          title={show.notebook}
          onClick={() =>
            void services.commands.execute(CommandIDs.openSource, {
              experiment: show.name
            })
          }
        >
          {show.notebook.split('/').pop()}
        </button>
      </div>
      <div className="jp-nbkatib-Buttons" role="group" aria-label={trans.__('Actions')}>
        {actions
          .filter(action => action.shown)
          .map(({ command, label, icon, primary, danger }) => (
            <Button
              key={command}
              label={label}
              icon={icon}
              primary={primary}
              danger={danger}
              onClick={() =>
                void services.commands.execute(command, {
                  experiment: show.name
                })
              }
            />
          ))}
      </div>
    </header>
  );
}
