import type { Contents, ServerConnection } from '@jupyterlab/services';
import type { PartialJSONObject } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import type { IBackend } from './tokens';

export const DRIVE = 'nbkatib';

/** The path of a trial's executed notebook. */
export function trialPath(experiment: string, trial: string): string {
  return `${DRIVE}:${experiment}/${trial}.ipynb`;
}

const READ_ONLY = 'The notebook of a trial is a record: it can be read, not changed';

/** Trials' executed notebooks, read-only, over the kernel's comm. What they hold is never trusted. */
export class TrialDrive implements Contents.IDrive {
  constructor(
    private readonly backend: IBackend,
    readonly serverSettings: ServerConnection.ISettings
  ) {}

  readonly name = DRIVE;
  readonly fileChanged: Signal<this, Contents.IChangedArgs> = new Signal<
    this,
    Contents.IChangedArgs
  >(this);

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    Signal.clearData(this);
  }

  async get(path: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    const match = /^([^/]+)\/([^/]+)\.ipynb$/.exec(path);
    if (!match) {
      return model(path, 'directory', []);
    }
    const [, experiment, trial] = match;
    if (options?.content === false) {
      return model(path, 'notebook', null);
    }
    const { content } = await this.backend.request('notebook', {
      experiment,
      trial
    });
    return model(path, 'notebook', untrusted(content));
  }

  getDownloadUrl(): Promise<string> {
    return refuse();
  }

  newUntitled(): Promise<Contents.IModel> {
    return refuse();
  }

  delete(): Promise<void> {
    return refuse();
  }

  rename(): Promise<Contents.IModel> {
    return refuse();
  }

  save(): Promise<Contents.IModel> {
    return refuse();
  }

  copy(): Promise<Contents.IModel> {
    return refuse();
  }

  createCheckpoint(): Promise<Contents.ICheckpointModel> {
    return refuse();
  }

  listCheckpoints(): Promise<Contents.ICheckpointModel[]> {
    return Promise.resolve([]);
  }

  restoreCheckpoint(): Promise<void> {
    return refuse();
  }

  deleteCheckpoint(): Promise<void> {
    return refuse();
  }

  private _disposed = false;
}

function refuse(): Promise<never> {
  return Promise.reject(new Error(READ_ONLY));
}

function model(path: string, type: string, content: unknown): Contents.IModel {
  const time = new Date().toISOString();
  return {
    name: path.split('/').pop() ?? path,
    path,
    type,
    created: time,
    last_modified: time,
    format: content === null ? null : 'json',
    mimetype: '',
    writable: false,
    content
  } as Contents.IModel;
}

/** The notebook without any claim that its outputs may run scripts. */
export function untrusted(content: PartialJSONObject): PartialJSONObject {
  const cells = Array.isArray(content.cells) ? (content.cells as PartialJSONObject[]) : [];
  return {
    ...content,
    cells: cells.map(cell => ({
      ...cell,
      metadata: {
        ...(cell.metadata as PartialJSONObject),
        trusted: false
      }
    }))
  };
}
