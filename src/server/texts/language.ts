/** The languages in which the server writes to people; those of the add-on. A list has one of them (store/list-settings.ts). */
export const languages = ["en", "ja", "de", "fr", "es"] as const;

/** BCP 47 tag of a language that the server writes. */
export type Language = (typeof languages)[number];
