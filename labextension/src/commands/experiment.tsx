import {
  Dialog,
  MainAreaWidget,
  Notification,
  ReactWidget,
  showDialog
} from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import * as React from 'react';
import { CommandIDs } from '../command-ids';
import { download } from '../components/download';
import type { IContext } from '../context';
import { trialPath } from '../drive';
import { katibIcon } from '../icons';
import type { NotebookDocument } from '../models/document';
import { serverPath } from '../paths';
import type { IApplied } from '../tokens';
import { EXPERIMENT_ARGS, TRIAL_ARGS, textArg } from './arguments';
import { setUp } from './notebook';
import { report } from './report';

const PREFIX = 'nbkatib-experiment-';

/** The view of an experiment, a new one or the one that is open. */
async function openView(context: IContext, name: string): Promise<void> {
  const { app, backend, experiments, rendermime, themes, trans } = context;
  let widget = experiments.find(each => each.id === PREFIX + name);
  if (!widget || widget.isDisposed) {
    const { ExperimentWidget } = await import('../experiment');
    const themeChanged = themes?.themeChanged ?? null;
    const services = { rendermime, commands: app.commands, themeChanged };
    const content = new ExperimentWidget(backend, name, services, trans);
    widget = new MainAreaWidget({ content });
    widget.toolbar.hide();
    widget.id = PREFIX + name;
    widget.title.label = name;
    widget.title.icon = katibIcon;
    widget.title.caption = trans.__('Experiment %1', name);
    void experiments.add(widget);
    app.shell.add(widget, 'main');
  }
  app.shell.activateById(widget.id);
}

async function exists(context: IContext, path: string): Promise<boolean> {
  try {
    await context.manager.services.contents.get(path, { content: false });
    return true;
  } catch (reason) {
    if (reason instanceof ServerConnection.ResponseError && reason.response.status === 404) {
      return false;
    }
    throw reason;
  }
}

/** The notebook of an experiment, opened where it is not, also under the name that it has been given since. */
async function notebookOf(context: IContext, experiment: string): Promise<NotebookDocument> {
  const { app, backend, documents, manager, trans } = context;
  const item = backend.experiments.find(each => each.name === experiment);
  const source = item?.notebook ?? (await backend.request('show', { experiment })).notebook;
  const path = serverPath(source, PageConfig.getOption('serverRoot'));
  if (!path) {
    throw new Error(trans.__('%1 is outside the folder that this Jupyter server shows', source));
  }
  const found = documents.find(path);
  if (found) {
    app.shell.activateById(found.panel.id);
    return found;
  }
  if (!(await exists(context, path))) {
    throw new Error(
      trans.__('%1 is no longer there. If it has another name now, open it and try again', path)
    );
  }
  const widget = manager.openOrReveal(path);
  await widget?.context.ready;
  const document = documents.find(path);
  if (!document) {
    throw new Error(trans.__('%1 cannot be opened as a notebook', path));
  }
  return document;
}

/** The notebook that an experiment's values go into: its own or, where that is gone, the one that is open in front. */
async function receiver(context: IContext, experiment: string): Promise<NotebookDocument> {
  try {
    return await notebookOf(context, experiment);
  } catch (reason) {
    const { current } = context.documents;
    if (!current || current.readOnly) {
      throw reason;
    }
    context.app.shell.activateById(current.panel.id);
    return current;
  }
}

function Diff(props: { diff: string }): JSX.Element {
  return (
    <pre className="jp-nbkatib-Diff" tabIndex={0}>
      {props.diff.split('\n').map((line, index) => (
        <span key={index} data-sign={/^(?!\+\+\+|---)[+-]/.exec(line)?.[0]}>
          {`${line}\n`}
        </span>
      ))}
    </pre>
  );
}

async function confirmed(context: IContext, applied: IApplied, notebook: string): Promise<boolean> {
  const { trans } = context;
  const body = ReactWidget.create(<Diff diff={applied.diff} />);
  body.addClass('jp-nbkatib');
  const result = await showDialog({
    title: trans.__('Apply the values of %1 to %2?', applied.trial, notebook),
    body,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Apply') })
    ]
  });
  return result.button.accept;
}

/** Shows what changes, and puts it into the open document. */
async function apply(context: IContext, experiment: string, trial: string): Promise<void> {
  const { backend, trans } = context;
  const document = await receiver(context, experiment);
  const applied = await backend.request('apply', {
    ...document.live(),
    experiment,
    ...(trial ? { trial } : {})
  });
  if (applied.changes.length === 0) {
    Notification.info(trans.__('The notebook has these values already.'), { autoClose: 5000 });
  } else if (await confirmed(context, applied, document.path)) {
    document.apply(applied);
    Notification.success(trans.__('The values are in the notebook; it is not saved yet.'), {
      autoClose: 20000,
      actions: [
        {
          label: trans.__('Undo'),
          callback: () => {
            if (!document.undo(applied)) {
              Notification.warning(
                trans.__(
                  'A cell was changed since; Undo in the cell takes that back step by step.'
                ),
                { autoClose: 20000 }
              );
            }
          }
        }
      ]
    });
  }
}

async function remove(context: IContext, experiment: string): Promise<void> {
  const { backend, experiments, trans } = context;
  const result = await showDialog({
    title: trans.__('Delete %1?', experiment),
    body: trans.__('Its trials, their notebooks and logs are removed for good.'),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Delete') })
    ]
  });
  if (result.button.accept) {
    await backend.request('delete', { experiment });
    experiments.find(widget => widget.id === PREFIX + experiment)?.dispose();
  }
}

async function exportText(
  context: IContext,
  experiment: string,
  kind: 'csv' | 'yaml'
): Promise<void> {
  const { text } = await context.backend.request(kind, { experiment });
  download(`${experiment}.${kind}`, text, kind === 'csv' ? 'text/csv' : 'application/yaml');
}

async function runAgain(context: IContext, experiment: string): Promise<void> {
  const { spec } = (await context.backend.request('show', { experiment })).experiment;
  await setUp(context, await receiver(context, experiment), spec);
}

async function resume(context: IContext, experiment: string): Promise<void> {
  await context.backend.request('resume', { experiment });
  await openView(context, experiment);
}

interface IAction {
  label: string;
  caption: string;
  run: (experiment: string, trial: string) => Promise<unknown>;
}

function actions(context: IContext): { [id: string]: IAction } {
  const { app, backend, trans } = context;
  return {
    [CommandIDs.open]: {
      label: trans.__('Open Experiment'),
      caption: trans.__('Show the progress, charts and trials of an experiment'),
      run: experiment => openView(context, experiment)
    },
    [CommandIDs.openSource]: {
      label: trans.__('Open the Notebook of the Experiment'),
      caption: trans.__('The notebook that was tuned'),
      run: experiment => notebookOf(context, experiment)
    },
    [CommandIDs.openNotebook]: {
      label: trans.__('Open Executed Notebook'),
      caption: trans.__('The notebook as a trial ran it, read-only'),
      run: (experiment, trial) =>
        app.commands.execute('docmanager:open', {
          path: trialPath(experiment, trial),
          factory: 'Notebook',
          kernelPreference: {
            shouldStart: false,
            canStart: false,
            shutdownOnDispose: false
          }
        })
    },
    [CommandIDs.stop]: {
      label: trans.__('Stop Experiment'),
      caption: trans.__('Running trials finish, no new ones start'),
      run: experiment => backend.request('stop', { experiment })
    },
    [CommandIDs.stopNow]: {
      label: trans.__('Stop Experiment Now'),
      caption: trans.__('Running trials are ended'),
      run: experiment => backend.request('stop', { experiment, now: true })
    },
    [CommandIDs.resume]: {
      label: trans.__('Resume Experiment'),
      caption: trans.__('Go on after a stop or an interruption'),
      run: experiment => resume(context, experiment)
    },
    [CommandIDs.delete]: {
      label: trans.__('Delete Experiment…'),
      caption: trans.__('Remove an experiment with its trials'),
      run: experiment => remove(context, experiment)
    },
    [CommandIDs.runAgain]: {
      label: trans.__('Run Again with Changes…'),
      caption: trans.__('Set up a job that begins with the settings of this experiment'),
      run: experiment => runAgain(context, experiment)
    },
    [CommandIDs.apply]: {
      label: trans.__('Apply Best Values…'),
      caption: trans.__('Put the values of a trial into the parameters cell'),
      run: (experiment, trial) => apply(context, experiment, trial)
    },
    [CommandIDs.exportCsv]: {
      label: trans.__('Export Trials as CSV'),
      caption: trans.__('A row for each trial'),
      run: experiment => exportText(context, experiment, 'csv')
    },
    [CommandIDs.exportYaml]: {
      label: trans.__('Export Experiment as YAML'),
      caption: trans.__('The Experiment with its status'),
      run: experiment => exportText(context, experiment, 'yaml')
    }
  };
}

/** The experiment that a command is about: named, else the one in front. */
function target(context: IContext, named: string): string {
  const front = context.app.shell.currentWidget?.id ?? '';
  return named || (front.startsWith(PREFIX) ? front.slice(PREFIX.length) : '');
}

export function addExperimentCommands(context: IContext): void {
  const { commands } = context.app;
  for (const [id, { label, caption, run }] of Object.entries(actions(context))) {
    commands.addCommand(id, {
      label,
      caption,
      describedBy:
        id === CommandIDs.apply || id === CommandIDs.openNotebook ? TRIAL_ARGS : EXPERIMENT_ARGS,
      isEnabled: args => target(context, textArg(args, 'experiment')) !== '',
      execute: async args => {
        const experiment = target(context, textArg(args, 'experiment'));
        try {
          await run(experiment, textArg(args, 'trial'));
        } catch (reason) {
          report(label.replace('…', ''), reason);
        }
      }
    });
  }
}
