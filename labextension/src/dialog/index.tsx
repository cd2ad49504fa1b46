import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { openModal } from '../components/modal';
import { JobModel } from '../models/job';
import type { IJobDocument } from '../models/job';
import type { IBackend, IExperimentSpec } from '../tokens';
import { JobDialog } from './job-dialog';

/** Shows the dialog; resolves with the experiment that was started, or null. */
export async function openJobDialog(options: {
  backend: IBackend;
  document: IJobDocument;
  spec: IExperimentSpec | null;
  readOnly: boolean;
  trans: TranslationBundle;
}): Promise<string | null> {
  const { backend, document, spec, readOnly, trans } = options;
  const model = new JobModel(backend, document, spec);
  void model.load();
  try {
    return await openModal<string | null>(trans, close => {
      // There is nothing left to set up when the notebook is closed under the dialog.
      document.disposed.connect(() => close(null));
      return <JobDialog model={model} backend={backend} readOnly={readOnly} onClose={close} />;
    });
  } finally {
    model.dispose();
  }
}
