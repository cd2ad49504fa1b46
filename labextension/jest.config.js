const jlab = [
  '@jupyter',
  '@jupyterlab',
  '@lumino',
  '@microsoft',
  '@rjsf',
  'exenv-es6',
  'lib0',
  'nanoid',
  'vscode-ws-jsonrpc',
  'y-protocols',
  'y-websocket',
  'yjs'
].join('|');

module.exports = {
  testEnvironment: 'jsdom',
  testRegex: 'src/__tests__/.*\\.spec\\.tsx?$',
  transform: {
    '^.+\\.tsx?$': [
      'ts-jest',
      { tsconfig: { jsx: 'react', esModuleInterop: true, types: ['jest', 'node'] }, diagnostics: true }
    ]
  },
  transformIgnorePatterns: [`/node_modules/(?!${jlab})`],
  moduleNameMapper: { '\\.(css|svg)$': '<rootDir>/src/__tests__/nothing.js' }
};
