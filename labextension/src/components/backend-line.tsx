import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { IBackend, IBackendStatus } from '../tokens';
import { Button } from './button';
import { useTrans } from './trans';
import { useChanged } from './use-signal';

function text(status: IBackendStatus, trans: TranslationBundle): string {
  switch (status.state) {
    case 'connecting':
      return trans.__('Starting the nbkatib kernel…');
    case 'missing':
      return trans.__(
        'The nbkatib kernel is not installed for this Jupyter server. Run “nbkatib install” in a terminal; it is found here as soon as it is there.'
      );
    case 'old':
      return trans.__(
        'The nbkatib program (%1) and this extension do not fit together. Install the same version of both, then restart the nbkatib kernel.',
        status.detail
      );
    case 'lost':
      return trans.__('No answer from the nbkatib kernel (%1). Trying again…', status.detail);
    default:
      return '';
  }
}

/** The one line that says why nothing can be asked of the kernel, and what to do. */
export function BackendLine(props: { backend: IBackend }): JSX.Element {
  const trans = useTrans();
  const { backend } = props;
  useChanged(backend.statusChanged);
  const line = text(backend.status, trans);
  return (
    <div role="status" className="jp-nbkatib-Line" data-state={backend.status.state}>
      {line && <span>{line}</span>}
      {line && backend.status.state !== 'connecting' && (
        <Button label={trans.__('Try Now')} onClick={() => backend.retry()} />
      )}
    </div>
  );
}
