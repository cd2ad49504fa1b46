import { copyIcon, downloadIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { Button } from '../components/button';
import { download } from '../components/download';
import { ProblemList } from '../components/problem-list';
import { useTrans } from '../components/trans';
import type { JobModel } from '../models/job';

/** The Experiment as it would be submitted. */
export function Preview(props: { model: JobModel }): JSX.Element {
  const trans = useTrans();
  const { model } = props;
  const [copied, setCopied] = React.useState(false);
  React.useEffect(() => void model.showPreview(), [model]);
  const yaml = model.preview?.yaml ?? '';
  const copy = async () => {
    await navigator.clipboard.writeText(yaml);
    setCopied(true);
  };
  const name =
    model.document.path
      .split('/')
      .pop()
      ?.replace(/\.ipynb$/, '') || 'experiment';
  return (
    <div className="jp-nbkatib-Preview">
      <div className="jp-nbkatib-Buttons">
        <Button
          icon={copyIcon}
          label={trans.__('Copy')}
          disabled={!yaml}
          onClick={() => void copy()}
        />
        <Button
          icon={downloadIcon}
          label={trans.__('Download YAML')}
          disabled={!yaml}
          onClick={() => download(`${name}.yaml`, yaml, 'application/yaml')}
        />
        <span role="status">{copied ? trans.__('Copied') : ''}</span>
      </div>
      <ProblemList problems={model.problems} />
      <pre tabIndex={0} aria-label={trans.__('Experiment as YAML')}>
        {yaml ||
          (model.preview ? trans.__('Correct the errors above to see the Experiment.') : '…')}
      </pre>
    </div>
  );
}
