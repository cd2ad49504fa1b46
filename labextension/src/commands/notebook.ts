import { Notification } from '@jupyterlab/apputils';
import { CommandIDs } from '../command-ids';
import type { IContext } from '../context';
import { katibIcon } from '../icons';
import { isEnabled, runOptions, withKale } from '../metadata';
import type { NotebookDocument } from '../models/document';
import { roleHelp, roleLabel } from '../roles';
import { ROLES, rolesOf } from '../tags';
import type { Role } from '../tags';
import type { IExperimentSpec } from '../tokens';
import { NO_ARGS, ROLE_ARGS, textArg } from './arguments';
import { report } from './report';

/** Shows the dialog for a notebook; opens the experiment that was started there. */
export async function setUp(
  context: IContext,
  document: NotebookDocument,
  spec: IExperimentSpec | null
): Promise<void> {
  const { openJobDialog } = await import('../dialog');
  const { backend, trans } = context;
  const started = await openJobDialog({
    backend,
    document,
    spec,
    readOnly: document.readOnly,
    trans
  });
  if (started) {
    await open(context, started);
  } else if (document.isDisposed) {
    Notification.warning(
      trans.__('The notebook was closed, and with it what was set up in the dialog.'),
      { autoClose: 20000 }
    );
  }
}

async function open(context: IContext, experiment: string): Promise<void> {
  if (context.openOnRun()) {
    await context.app.commands.execute(CommandIDs.open, { experiment });
  }
}

async function run(context: IContext, document: NotebookDocument): Promise<void> {
  const { metadata } = document;
  try {
    const started = await context.backend.request('run', {
      ...document.live(),
      options: runOptions(metadata),
      ...(isEnabled(metadata) ? {} : { single: true })
    });
    await open(context, started.name);
  } catch (reason) {
    report(context.trans.__('The notebook was not run'), reason);
  }
}

async function editStep(context: IContext, document: NotebookDocument, id: string): Promise<void> {
  const { openStepDialog } = await import('../dialog/step-dialog');
  const change = await openStepDialog(document.cells, id, context.trans);
  if (change && !document.isDisposed) {
    document.setStep(id, change);
  }
}

export function addNotebookCommands(context: IContext): void {
  const { app, documents, trans } = context;
  const { commands } = app;
  const current = () => documents.current;
  const activeCode = () => {
    const document = documents.current;
    const id = document?.activeCell;
    return document && id && !document.readOnly
      ? (document.cells.find(cell => cell.id === id && cell.type === 'code') ?? null)
      : null;
  };
  const enabled = () => isEnabled(current()?.metadata ?? {});

  commands.addCommand(CommandIDs.showPanel, {
    label: trans.__('Show Katib Panel'),
    caption: trans.__('Show the panel that tunes the notebook'),
    describedBy: NO_ARGS,
    execute: () => app.shell.activateById(context.panel.id)
  });
  commands.addCommand(CommandIDs.enable, {
    label: trans.__('Enable Katib'),
    caption: trans.__('Tune this notebook when it is run'),
    describedBy: NO_ARGS,
    isToggleable: true,
    isToggled: enabled,
    isEnabled: () => current() !== null && !current()?.readOnly,
    execute: () => {
      const document = current();
      document?.setMetadata(withKale(document.metadata, 'katib_run', !enabled()));
    }
  });
  commands.addCommand(CommandIDs.setUp, {
    label: trans.__('Set Up Katib Job…'),
    caption: () =>
      enabled()
        ? trans.__('Choose parameters, algorithm and objective')
        : trans.__('Turn on Enable Katib first'),
    describedBy: NO_ARGS,
    isEnabled: enabled,
    execute: () => {
      const document = current();
      return document ? setUp(context, document, null) : undefined;
    }
  });
  commands.addCommand(CommandIDs.run, {
    label: args =>
      args.toolbar ? '' : enabled() ? trans.__('Run Katib Job') : trans.__('Run One Trial'),
    caption: () =>
      enabled()
        ? trans.__('Run Katib Job: tune this notebook')
        : trans.__('Run One Trial: run this notebook once, with its own values'),
    icon: args => (args.toolbar ? katibIcon : undefined),
    describedBy: NO_ARGS,
    isEnabled: () => current() !== null,
    execute: () => {
      const document = current();
      return document ? run(context, document) : undefined;
    }
  });
  commands.addCommand(CommandIDs.role, {
    label: args => {
      const role = roleArg(textArg(args, 'role'));
      const label = roleLabel(role, trans);
      const text = role === 'step' ? `${label}…` : label;
      return args.isPalette ? trans.__('Cell Role: %1', text) : text;
    },
    caption: args => roleHelp(roleArg(textArg(args, 'role')), trans),
    describedBy: ROLE_ARGS,
    isEnabled: () => activeCode() !== null,
    isToggled: args => {
      const id = activeCode()?.id;
      const cells = current()?.cells ?? [];
      const own = rolesOf(cells).find((_, index) => cells[index].id === id);
      return own !== undefined && (own.role ?? '') === textArg(args, 'role');
    },
    execute: async args => {
      const cell = activeCode();
      const document = current();
      const role = roleArg(textArg(args, 'role'));
      if (document && cell && role === 'step') {
        await editStep(context, document, cell.id);
      } else if (document && cell) {
        document.setRole(cell.id, role);
      }
    }
  });
  documents.changed.connect(() => {
    commands.notifyCommandChanged(CommandIDs.enable);
    commands.notifyCommandChanged(CommandIDs.setUp);
    commands.notifyCommandChanged(CommandIDs.run);
  });
}

function roleArg(text: string): Role | null {
  return ROLES.find(role => role === text) ?? null;
}
