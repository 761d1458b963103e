/** The result of a proof about a graph. The reason names the operator that stopped the proof. */
export type Proof = { readonly isProven: true } | { readonly isProven: false; readonly reason: string }

export const PROVEN: Proof = { isProven: true }

export function unproven(reason: string): Proof {
  return { isProven: false, reason }
}
