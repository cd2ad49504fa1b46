import { LabIcon } from '@jupyterlab/ui-components';
import katib from '../style/katib.svg';

export const katibIcon = new LabIcon({ name: 'nbkatib:katib', svgstr: katib });
