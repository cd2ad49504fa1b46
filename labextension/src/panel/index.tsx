import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';
import { BackendLine } from '../components/backend-line';
import { TransContext, useTrans } from '../components/trans';
import { useChanged } from '../components/use-signal';
import { katibIcon } from '../icons';
import type { PanelModel } from '../models/panel';
import { AdvancedSettings } from './advanced-settings';
import { Experiments } from './experiments';
import { JobSection } from './job-section';

function Panel(props: { model: PanelModel; commands: CommandRegistry }): JSX.Element {
  const trans = useTrans();
  const { model, commands } = props;
  useChanged(model.changed);
  const { document, environment } = model;
  const url = environment?.cluster?.url;
  return (
    <>
      <BackendLine backend={model.backend} />
      {document ? (
        <React.Fragment key={document.path}>
          <JobSection model={model} document={document} commands={commands} />
          <AdvancedSettings document={document} environment={environment} />
        </React.Fragment>
      ) : (
        <p className="jp-nbkatib-Panel-part">{trans.__('Open a notebook to tune it.')}</p>
      )}
      {url && (
        <p className="jp-nbkatib-Panel-part">
          <a href={url} target="_blank" rel="noreferrer" className="jp-nbkatib-Link">
            {trans.__('Open Katib’s own interface')}
          </a>
        </p>
      )}
      <Experiments
        experiments={model.backend.experiments}
        ready={model.backend.status.state === 'ready'}
        commands={commands}
      />
    </>
  );
}

/** The left panel. */
export class PanelWidget extends ReactWidget {
  constructor(
    private readonly model: PanelModel,
    private readonly commands: CommandRegistry,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.id = 'nbkatib-panel';
    this.title.icon = katibIcon;
    this.title.caption = trans.__('Katib: tune this notebook');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Katib'));
    this.addClass('jp-nbkatib');
    this.addClass('jp-nbkatib-Panel');
  }

  protected onAfterShow(): void {
    this.model.wake();
    // The dialog is a click away: its code is there before that click, which loads it anew where this failed.
    import('../dialog').catch(() => undefined);
  }

  protected render(): JSX.Element {
    return (
      <TransContext.Provider value={this.trans}>
        <Panel model={this.model} commands={this.commands} />
      </TransContext.Provider>
    );
  }
}
