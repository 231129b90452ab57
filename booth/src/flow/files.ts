/** The port through which the flow reads a board's static files. */

export interface Files {
  /**
   * A file's bytes; undefined if there is none.
   *
   * @param limit - More bytes are refused.
   * @param enough - Whether what has come suffices: then the rest is not waited for.
   * @throws {UnavailableError} If it cannot be had now.
   */
  get(
    path: string,
    options: { readonly limit: number; readonly enough?: (bytes: Uint8Array) => boolean },
  ): Promise<Uint8Array | undefined>;
}
