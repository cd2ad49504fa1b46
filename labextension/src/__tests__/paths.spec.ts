import { serverPath } from '../paths';

it.each([
  ['/srv/a/b.ipynb', '/srv', 'a/b.ipynb'],
  ['/srv/b.ipynb', '/srv/', 'b.ipynb'],
  ['/srvx/b.ipynb', '/srv', null],
  ['/home/ann/w/b.ipynb', '~/w', 'b.ipynb'],
  ['/root/b.ipynb', '~', 'b.ipynb'],
  ['/tmp/b.ipynb', '~', null],
  ['a/b.ipynb', '/srv', 'a/b.ipynb']
])('%s in %s', (absolute, root, want) => {
  expect(serverPath(absolute, root)).toBe(want);
});
