/**
 * Which language the console speaks: the browser's where there is one for it, else English. What a
 * person chose is kept by the framework.
 */
import polyglot from "ra-i18n-polyglot";
import type { I18nProvider } from "react-admin";
import { englishText } from "./english.ts";
import { russianText } from "./russian.ts";

const languages = [
  { locale: "en", name: "English", text: englishText },
  { locale: "ru", name: "Русский", text: russianText },
] as const;

const provider = polyglot(
  (locale) => (languages.find((language) => language.locale === locale) ?? languages[0]).text,
  preferredLocale(),
  languages.map(({ locale, name }) => ({ locale, name })),
);

export const textProvider: I18nProvider = {
  ...provider,
  changeLocale: async (locale) => {
    await provider.changeLocale(locale);
    document.documentElement.lang = locale;
  },
};

/** Who hears the page hears it in its language. */
document.documentElement.lang = provider.getLocale();

function preferredLocale(): string {
  const wanted = navigator.languages.map((language) => language.slice(0, 2));
  return wanted.find((language) => languages.some(({ locale }) => locale === language)) ?? "en";
}
