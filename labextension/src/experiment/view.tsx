import * as React from 'react';
import { BackendLine } from '../components/backend-line';
import { Tabs } from '../components/tabs';
import { useTrans } from '../components/trans';
import { useChanged } from '../components/use-signal';
import type { ExperimentModel } from '../models/experiment';
import type { IShow } from '../tokens';
import { Chart } from './chart';
import { Header } from './header';
import { Overview } from './overview';
import type { IViewServices } from './services';
import { TrialDetail } from './trial-detail';
import { Trials } from './trials';

function useTheme(services: IViewServices): number {
  const [theme, setTheme] = React.useState(0);
  React.useEffect(() => {
    // The theme's stylesheet is in force a moment after the signal.
    const slot = () => window.setTimeout(() => setTheme(count => count + 1), 100);
    services.themeChanged?.connect(slot);
    return () => void services.themeChanged?.disconnect(slot);
  }, [services]);
  return theme;
}

function Charts(props: { model: ExperimentModel; services: IViewServices }): JSX.Element {
  const trans = useTrans();
  const { model, services } = props;
  const theme = useTheme(services);
  if (model.charts.length === 0) {
    return <p>{trans.__('Charts appear with the first result.')}</p>;
  }
  return (
    <div className="jp-nbkatib-Charts">
      {model.charts.map(chart => (
        <Chart key={chart.name} chart={chart} rendermime={services.rendermime} theme={theme} />
      ))}
    </div>
  );
}

function TrialsAndDetail(props: {
  model: ExperimentModel;
  show: IShow;
  services: IViewServices;
}): JSX.Element {
  const trans = useTrans();
  const { model, show, services } = props;
  const trial = show.trials.find(each => each.name === model.trial);
  return (
    <div className="jp-nbkatib-Split">
      <Trials model={model} show={show} />
      {trial ? (
        <TrialDetail key={trial.name} model={model} trial={trial} services={services} />
      ) : (
        <p className="jp-nbkatib-Field-help">
          {trans.__('Choose a trial to see its values, log and notebook.')}
        </p>
      )}
    </div>
  );
}

export function ExperimentView(props: {
  model: ExperimentModel;
  services: IViewServices;
}): JSX.Element {
  const trans = useTrans();
  const { model, services } = props;
  const [tab, setTab] = React.useState('charts');
  useChanged(model.changed);
  const { show } = model;
  if (model.removed) {
    return <p role="status">{trans.__('Experiment %1 has been deleted.', model.name)}</p>;
  }
  const toTrial = (trial: string) => {
    model.select(trial);
    setTab('trials');
  };
  return (
    <>
      <BackendLine backend={model.backend} />
      {!show && <p role="status">{model.failure || trans.__('Loading %1…', model.name)}</p>}
      {show && (
        <>
          <Header show={show} services={services} />
          <Overview model={model} show={show} onSelect={toTrial} />
          <Tabs
            label={trans.__('Experiment')}
            tabs={[
              { id: 'charts', label: trans.__('Charts') },
              {
                id: 'trials',
                label: trans.__('Trials (%1)', show.trials.length)
              }
            ]}
            current={tab}
            onChange={setTab}
          >
            {tab === 'charts' ? (
              <Charts model={model} services={services} />
            ) : (
              <TrialsAndDetail model={model} show={show} services={services} />
            )}
          </Tabs>
        </>
      )}
    </>
  );
}
