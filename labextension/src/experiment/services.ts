import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { CommandRegistry } from '@lumino/commands';
import type { ISignal } from '@lumino/signaling';

/** What the view uses of JupyterLab. */
export interface IViewServices {
  rendermime: IRenderMimeRegistry;
  commands: CommandRegistry;
  /** null where there is no theme manager. */
  themeChanged: ISignal<unknown, unknown> | null;
}
