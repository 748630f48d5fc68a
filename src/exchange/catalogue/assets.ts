/** An asset as Kraken lists it. Amounts inside the engine count units of 10^-decimals. */
export interface Asset {
  readonly id: string
  readonly altname: string
  readonly display: string
  readonly class: "currency" | "tokenized_asset"
  readonly decimals: number
  readonly displayDecimals: number
  readonly collateral?: number
  readonly marginRate?: string
}
