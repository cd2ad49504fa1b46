import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { TransContext } from '../components/trans';
import { ExperimentModel } from '../models/experiment';
import type { IBackend } from '../tokens';
import type { IViewServices } from './services';
import { ExperimentView } from './view';

/** The view of one experiment; its model lives and ends with it. */
export class ExperimentWidget extends ReactWidget {
  constructor(
    backend: IBackend,
    name: string,
    private readonly services: IViewServices,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.model = new ExperimentModel(backend, name);
    this.addClass('jp-nbkatib');
    this.addClass('jp-nbkatib-Experiment');
    this.node.tabIndex = 0;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Experiment %1', name));
    void this.model.load();
  }

  readonly model: ExperimentModel;

  dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  protected render(): JSX.Element {
    return (
      <TransContext.Provider value={this.trans}>
        <ExperimentView model={this.model} services={this.services} />
      </TransContext.Provider>
    );
  }
}
