/** What goes to the typesetter. */
export interface Sheet {
  /** JSON for the template. */
  readonly content: string;
  readonly logo: { readonly type: "png" | "svg"; readonly bytes: Uint8Array } | null;
}
