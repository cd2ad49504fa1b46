export const CommandIDs = {
  showPanel: 'nbkatib:show-panel',
  enable: 'nbkatib:enable-katib',
  setUp: 'nbkatib:set-up-job',
  run: 'nbkatib:run',
  role: 'nbkatib:set-cell-role',
  open: 'nbkatib:open-experiment',
  openSource: 'nbkatib:open-experiment-notebook',
  openNotebook: 'nbkatib:open-trial-notebook',
  stop: 'nbkatib:stop-experiment',
  stopNow: 'nbkatib:stop-experiment-now',
  resume: 'nbkatib:resume-experiment',
  delete: 'nbkatib:delete-experiment',
  runAgain: 'nbkatib:run-again',
  apply: 'nbkatib:apply-values',
  exportCsv: 'nbkatib:export-csv',
  exportYaml: 'nbkatib:export-yaml'
} as const;
