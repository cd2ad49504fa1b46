/* A notebook's path as the server's contents know it, and as the kernel does. */

/** The server's path of a file that the kernel names absolutely; null when it is outside the root. */
export function serverPath(absolute: string, root: string): string | null {
  if (!absolute.startsWith('/')) {
    return absolute || null;
  }
  const base = root.replace(/\/+$/, '');
  if (!base.startsWith('~')) {
    return absolute.startsWith(`${base}/`) ? absolute.slice(base.length + 1) : null;
  }
  const home = /^\/(?:root|(?:home|Users)\/[^/]+)/.exec(absolute);
  const full = home ? `${home[0]}${base.slice(1)}/` : null;
  return full && absolute.startsWith(full) ? absolute.slice(full.length) : null;
}
