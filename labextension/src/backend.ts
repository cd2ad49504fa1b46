/*
 * The kernel `nbkatib` over a Jupyter comm: the only file that knows the wire. One session per server, found by its path;
 * each page opens a comm of its own, says hello, and subscribes again after whatever broke the connection.
 */
import { PageConfig } from '@jupyterlab/coreutils';
import type { Kernel, KernelMessage, ServiceManager, Session } from '@jupyterlab/services';
import { PromiseDelegate } from '@lumino/coreutils';
import type { JSONObject, PartialJSONValue } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type {
  IBackend,
  IBackendStatus,
  IExperimentEvent,
  IListItem,
  IMethods,
  BackendState
} from './tokens';
import { BackendError } from './tokens';

const PROTOCOL = 1;
const CLIENT = '@nbkatib/labextension 0.1.0';
const KERNEL = 'nbkatib';
const SESSION_PATH = '.nbkatib';
const TARGET = 'nbkatib';
const TIMEOUT_MS = 30000;
const RETRY_MS = [500, 1000, 2000, 5000, 10000];

/** Codes of the contract, and ours for what never reached the kernel. */
const WRONG_PROTOCOL = -32001;
const NOT_CONNECTED = -1;
const TIMED_OUT = -2;
const MISSING = -3;

interface IMessage {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: {
    code: number;
    message: string;
    data?: { [key: string]: PartialJSONValue };
  };
}

interface IPending {
  delegate: PromiseDelegate<unknown>;
  timer: number;
}

export class Backend implements IBackend, IDisposable {
  constructor(private readonly services: ServiceManager.IManager) {}

  readonly statusChanged: Signal<IBackend, IBackendStatus> = new Signal<IBackend, IBackendStatus>(
    this
  );
  readonly experimentsChanged: Signal<IBackend, IListItem[]> = new Signal<IBackend, IListItem[]>(
    this
  );
  readonly experimentChanged: Signal<IBackend, IExperimentEvent> = new Signal<
    IBackend,
    IExperimentEvent
  >(this);
  readonly experimentEnded: Signal<IBackend, IListItem> = new Signal<IBackend, IListItem>(this);

  get status(): IBackendStatus {
    return this._status;
  }

  get experiments(): readonly IListItem[] {
    return this._experiments;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    if (this._disposed) {
      return;
    }
    this._disposed = true;
    window.clearTimeout(this._retryTimer);
    this.drop('the page is closing');
    Signal.clearData(this);
  }

  async request<M extends keyof IMethods>(
    method: M,
    params: IMethods[M][0]
  ): Promise<IMethods[M][1]> {
    this.remember(method, params as { experiment?: string });
    await this.connected();
    return (await this.call(method, params)) as IMethods[M][1];
  }

  retry(): void {
    this._attempt = 0;
    window.clearTimeout(this._retryTimer);
    this.connected().catch(() => undefined);
  }

  /** What is subscribed outlives the connection. */
  private remember(method: string, params: { experiment?: string }): void {
    if (method === 'subscribe' && params.experiment) {
      this._subscribed.set(params.experiment, (this._subscribed.get(params.experiment) ?? 0) + 1);
    } else if (method === 'unsubscribe' && params.experiment) {
      const left = (this._subscribed.get(params.experiment) ?? 1) - 1;
      if (left > 0) {
        this._subscribed.set(params.experiment, left);
      } else {
        this._subscribed.delete(params.experiment);
      }
    }
  }

  private connected(): Promise<void> {
    if (!this._connecting) {
      this._connecting = this.connect().catch(reason => {
        this._connecting = null;
        this.failed(reason);
        throw reason;
      });
    }
    return this._connecting;
  }

  private async connect(): Promise<void> {
    if (this._status.state !== 'missing' && this._status.state !== 'old') {
      this.setStatus('connecting', this._status.detail);
    }
    await this.services.ready;
    await this.find();
    const session = await this.services.sessions.startNew({
      path: SESSION_PATH,
      name: KERNEL,
      type: KERNEL,
      kernel: { name: KERNEL }
    });
    this.adopt(session);
    await this.greet(session.kernel);
  }

  private async find(): Promise<void> {
    const specs = this.services.kernelspecs;
    if (!specs.specs?.kernelspecs[KERNEL]) {
      await specs.refreshSpecs();
    }
    if (!specs.specs?.kernelspecs[KERNEL]) {
      throw new BackendError('', MISSING);
    }
  }

  private adopt(session: Session.ISessionConnection): void {
    if (session === this._session) {
      return;
    }
    this._session?.dispose();
    this._session = session;
    session.statusChanged.connect(this.onKernelStatus, this);
    session.disposed.connect(this.onSessionDisposed, this);
    session.connectionStatusChanged.connect(this.onConnection, this);
  }

  private async greet(kernel: Kernel.IKernelConnection | null): Promise<void> {
    if (!kernel) {
      throw new BackendError('the session has no kernel', NOT_CONNECTED);
    }
    const comm = kernel.createComm(TARGET);
    comm.onMsg = message => this.onMessage(message);
    comm.onClose = () => {
      if (comm === this._comm) {
        this.broken('the kernel closed the connection');
      }
    };
    this._comm = comm;
    comm.open({});
    const root = PageConfig.getOption('serverRoot');
    const hello = (await this.call('hello', {
      protocol: PROTOCOL,
      client: CLIENT,
      root
    })) as {
      version: string;
      experiments: IListItem[];
    };
    this._attempt = 0;
    this.replaceExperiments(hello.experiments);
    this.setStatus('ready', '', hello.version);
    this.resubscribe();
  }

  private resubscribe(): void {
    for (const experiment of this._subscribed.keys()) {
      this.call('subscribe', { experiment })
        .then(result => {
          const show = result as IMethods['show'][1];
          this.experimentChanged.emit({
            ...show,
            experiment,
            status: show.experiment.status ?? {},
            removed: false
          });
        })
        .catch(() => undefined);
    }
  }

  private call(method: string, params: unknown): Promise<unknown> {
    const comm = this._comm;
    if (!comm || comm.isDisposed) {
      return Promise.reject(new BackendError('the kernel is not connected', NOT_CONNECTED));
    }
    const id = this._nextId++;
    const delegate = new PromiseDelegate<unknown>();
    const timer = window.setTimeout(() => this.timedOut(id, method), TIMEOUT_MS);
    this._pending.set(id, { delegate, timer });
    comm.send({
      jsonrpc: '2.0',
      id,
      method,
      params
    } as unknown as JSONObject);
    return delegate.promise;
  }

  private settle(id: number): IPending | undefined {
    const pending = this._pending.get(id);
    if (pending) {
      window.clearTimeout(pending.timer);
      this._pending.delete(id);
    }
    return pending;
  }

  private timedOut(id: number, method: string): void {
    this.settle(id)?.delegate.reject(
      new BackendError(`the kernel did not answer ${method} within 30 seconds`, TIMED_OUT)
    );
  }

  private onMessage(message: KernelMessage.ICommMsgMsg): void {
    const data = message.content.data as unknown as IMessage;
    if (data.id === undefined || data.id === null) {
      this.onEvent(data);
      return;
    }
    const pending = this.settle(data.id);
    if (data.error) {
      const { message: text, code, data: details } = data.error;
      pending?.delegate.reject(new BackendError(text, code, details));
    } else {
      pending?.delegate.resolve(data.result);
    }
  }

  private onEvent(data: IMessage): void {
    if (data.method === 'experiments') {
      const { changed, removed } = data.params as {
        changed: IListItem[];
        removed: string[];
      };
      this.mergeExperiments(changed, removed);
    } else if (data.method === 'experiment') {
      this.experimentChanged.emit(data.params as IExperimentEvent);
    }
  }

  private replaceExperiments(experiments: IListItem[]): void {
    const known = new Map(this._experiments.map(item => [item.name, item]));
    this._experiments = experiments;
    this.experimentsChanged.emit(experiments);
    experiments.forEach(item => this.tellEnd(known.get(item.name), item));
  }

  private mergeExperiments(changed: IListItem[], removed: string[]): void {
    const known = new Map(this._experiments.map(item => [item.name, item]));
    const fresh = changed.filter(item => !known.has(item.name));
    const latest = new Map(changed.map(item => [item.name, item]));
    this._experiments = [
      ...fresh,
      ...this._experiments.map(item => latest.get(item.name) ?? item)
    ].filter(item => !removed.includes(item.name));
    this.experimentsChanged.emit([...this._experiments]);
    changed.forEach(item => this.tellEnd(known.get(item.name), item));
  }

  private tellEnd(before: IListItem | undefined, now: IListItem): void {
    if (before && isLive(before.state) && !isLive(now.state)) {
      this.experimentEnded.emit(now);
    }
  }

  private onKernelStatus(_: Session.ISessionConnection, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting') {
      this.broken('the kernel is starting again');
    } else if (status === 'dead' || status === 'terminating') {
      this.broken('the kernel has died');
    }
  }

  private onSessionDisposed(): void {
    this._session = null;
    this.broken('the kernel was shut down');
  }

  private onConnection(_: Session.ISessionConnection, status: Kernel.ConnectionStatus): void {
    if (status === 'disconnected') {
      this.broken('the connection to the kernel is lost');
    }
  }

  /** The connection is gone: what waits for an answer hears so, and a new one is made soon. */
  private broken(detail: string): void {
    if (this._disposed || !this._connecting) {
      return;
    }
    this.drop(detail);
    this.failed(new BackendError(detail, NOT_CONNECTED));
  }

  private drop(detail: string): void {
    this._connecting = null;
    this._comm?.dispose();
    this._comm = null;
    const session = this._session;
    this._session = null;
    if (session) {
      session.statusChanged.disconnect(this.onKernelStatus, this);
      session.disposed.disconnect(this.onSessionDisposed, this);
      session.connectionStatusChanged.disconnect(this.onConnection, this);
      if (!session.isDisposed) {
        session.dispose();
      }
    }
    for (const id of [...this._pending.keys()]) {
      this.settle(id)?.delegate.reject(new BackendError(detail, NOT_CONNECTED));
    }
  }

  private failed(reason: unknown): void {
    const error = reason instanceof BackendError ? reason : null;
    const detail = reason instanceof Error ? reason.message : String(reason);
    if (error?.code === MISSING) {
      this.setStatus('missing', '');
    } else if (error?.code === WRONG_PROTOCOL || error?.code === -32601) {
      this.setStatus('old', String(error.data.version ?? '?'));
    } else {
      this.setStatus('lost', detail);
    }
    this.drop(detail);
    const delay = RETRY_MS[Math.min(this._attempt++, RETRY_MS.length - 1)];
    window.clearTimeout(this._retryTimer);
    this._retryTimer = window.setTimeout(
      () => this.connected().catch(() => undefined),
      this._disposed ? 0x7fffffff : delay
    );
  }

  private setStatus(state: BackendState, detail: string, version = this._status.version): void {
    this._status = { state, detail, version };
    this.statusChanged.emit(this._status);
  }

  private _status: IBackendStatus = {
    state: 'connecting',
    detail: '',
    version: ''
  };
  private _experiments: IListItem[] = [];
  private _session: Session.ISessionConnection | null = null;
  private _comm: Kernel.IComm | null = null;
  private _connecting: Promise<void> | null = null;
  private readonly _pending = new Map<number, IPending>();
  private readonly _subscribed = new Map<string, number>();
  private _nextId = 1;
  private _attempt = 0;
  private _retryTimer = 0;
  private _disposed = false;
}

/** An experiment in this state goes on without being asked to. */
export function isLive(state: string): boolean {
  return ['Created', 'Running', 'Restarting', 'Stopping'].includes(state);
}
