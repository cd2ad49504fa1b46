import { runIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';
import { Button } from '../components/button';
import { ProblemList } from '../components/problem-list';
import { SwitchField } from '../components/switch-field';
import { useTrans } from '../components/trans';
import { CommandIDs } from '../command-ids';
import { isEnabled, withKale } from '../metadata';
import type { NotebookDocument } from '../models/document';
import type { PanelModel } from '../models/panel';
import type { IInspection } from '../tokens';
import { Guide } from './guide';
import { isGuided } from './guide-steps';

function Summary(props: { inspection: IInspection; open: boolean }): JSX.Element | null {
  const trans = useTrans();
  const { parameters, objective, run } = props.inspection;
  const present = parameters.filter(parameter => parameter.present);
  const selected = present.filter(parameter => parameter.selected);
  const metric = objective?.objectiveMetricName;
  const direction = objective?.type === 'minimize' ? trans.__('Minimize') : trans.__('Maximize');
  const trials = props.open || run?.maxTrialCount === undefined ? '∞' : String(run.maxTrialCount);
  const algorithm = run?.algorithm.algorithmName ?? '';
  return (
    <dl className="jp-nbkatib-Summary">
      <dt>{trans.__('Parameters')}</dt>
      <dd title={selected.map(parameter => parameter.name).join(', ')}>
        {present.length === 0
          ? trans.__('no cell has this role')
          : trans.__('%1 of %2 searched', selected.length, present.length)}
      </dd>
      <dt>{trans.__('Objective')}</dt>
      <dd>{metric ? `${direction} ${metric}` : trans.__('no cell has this role')}</dd>
      <dt>{trans.__('Trials')}</dt>
      <dd>
        {run
          ? trans.__('%1, %2 in parallel, %3', trials, run.parallelTrialCount ?? 1, algorithm)
          : ''}
      </dd>
    </dl>
  );
}

/** The switch, the two buttons, and what the notebook says. */
export function JobSection(props: {
  model: PanelModel;
  document: NotebookDocument;
  commands: CommandRegistry;
}): JSX.Element {
  const trans = useTrans();
  const { model, document, commands } = props;
  const { metadata } = document;
  const enabled = isEnabled(metadata);
  const diagnostics = model.inspection?.diagnostics ?? [];
  const problems = diagnostics.filter(each => each.severity !== 'note' && !isGuided(each));
  const goTo = (cell: number) => {
    const notebook = document.panel.content;
    notebook.activeCellIndex = cell;
    void notebook.scrollToItem(cell, 'smart');
  };
  return (
    <div className="jp-nbkatib-Panel-part">
      <h2 title={document.path}>{document.path.split('/').pop()}</h2>
      <SwitchField
        label={trans.__('Enable Katib')}
        checked={enabled}
        disabled={document.readOnly}
        onChange={on => document.setMetadata(withKale(document.metadata, 'katib_run', on))}
      />
      <div className="jp-nbkatib-Buttons" data-fill>
        <Button
          label={trans.__('Set Up Katib Job')}
          disabled={!enabled}
          reason={enabled ? undefined : trans.__('Turn on Enable Katib first')}
          onClick={() => void commands.execute(CommandIDs.setUp)}
        />
        <Button
          primary
          icon={runIcon}
          label={enabled ? trans.__('Run Katib Job') : trans.__('Run One Trial')}
          reason={
            enabled
              ? trans.__('Starts the experiment with the notebook as it is now')
              : trans.__('Runs the notebook once, with its own values')
          }
          onClick={() => void commands.execute(CommandIDs.run)}
        />
      </div>
      {!enabled && (
        <p className="jp-nbkatib-Field-help">
          {trans.__(
            'Set Up Katib Job needs Enable Katib. Run One Trial runs the notebook once, with its own values.'
          )}
        </p>
      )}
      {model.failure && (
        <p className="jp-nbkatib-Problem" data-severity="error">
          {model.failure}
        </p>
      )}
      {enabled && model.inspection && (
        <Summary
          inspection={model.inspection}
          open={(metadata.nbkatib as { maxTrialCount?: null } | undefined)?.maxTrialCount === null}
        />
      )}
      <Guide enabled={enabled} problems={diagnostics} />
      {problems.length > 0 && <ProblemList problems={problems} onCell={goTo} />}
    </div>
  );
}
