/** npm smpp ships no types; npm-smpp.ts gives it those that the tests use. */
declare module "smpp" {
  const smpp: unknown;
  export = smpp;
}
