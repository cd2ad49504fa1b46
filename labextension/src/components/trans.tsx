import type { TranslationBundle } from '@jupyterlab/translation';
import { nullTranslator } from '@jupyterlab/translation';
import * as React from 'react';

export const TRANSLATION_DOMAIN = 'nbkatib_labextension';

export const TransContext = React.createContext<TranslationBundle>(
  nullTranslator.load(TRANSLATION_DOMAIN)
);

export function useTrans(): TranslationBundle {
  return React.useContext(TransContext);
}
