import { Notification } from '@jupyterlab/apputils';

/** Tells that an action failed, with the reason that the kernel gave. */
export function report(title: string, reason: unknown): void {
  const text = reason instanceof Error ? reason.message : String(reason);
  Notification.error(`${title}: ${text}`, { autoClose: false });
}
