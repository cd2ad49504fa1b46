import * as React from 'react';
import { SelectField } from '../components/select-field';
import { TextField } from '../components/text-field';
import { useTrans } from '../components/trans';
import type { IAlgorithmSetting, IProblem } from '../tokens';

/** One setting of an algorithm, as its type asks for. Empty means the default. */
export function SettingField(props: {
  setting: IAlgorithmSetting;
  value: string;
  problem: IProblem | null;
  onChange: (value: string) => void;
}): JSX.Element {
  const trans = useTrans();
  const { setting, value, problem, onChange } = props;
  const standard =
    setting.default === undefined || setting.default === null ? '' : String(setting.default);
  const common = {
    label: setting.name,
    help: setting.help,
    value,
    problem,
    onChange
  };
  if (setting.type !== 'choice' && setting.type !== 'bool') {
    return <TextField {...common} numeric={setting.type !== 'text'} placeholder={standard} />;
  }
  const values = setting.type === 'bool' ? ['True', 'False'] : (setting.choices ?? []);
  const empty = standard ? trans.__('Default (%1)', standard) : trans.__('Default');
  const choices = values.map(choice => ({ value: choice, label: choice }));
  return <SelectField {...common} choices={[{ value: '', label: empty }, ...choices]} />;
}
