import { ar } from "./ar.ts";
import { de } from "./de.ts";
import { en } from "./en.ts";
import { es } from "./es.ts";
import { fr } from "./fr.ts";
import type { Labels } from "./labels.ts";
import { zh } from "./zh.ts";

export const LABELS: Readonly<Record<string, Labels>> = { ar, de, en, es, fr, zh };

/** The words of a language that there are none for are English ones, numbers and dates stay its own. */
export function labelsOf(language: Intl.Locale): Labels {
  return LABELS[language.language] ?? en;
}

/** "{page} of {pages}" with what is put in. */
export function filled(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (braces, name: string) => values[name] ?? braces);
}
