/** Whose the postings are that belong to no tenant: not the id of one, which begins with a letter or a digit. */
export const PLATFORM_BOOKS = "_platform";
